"""What reaches what: security groups as sets of sources."""

from graders.network.groups import Group, Groups, Rule, Sources, read_groups

__all__ = ["Group", "Groups", "Rule", "Sources", "read_groups"]
