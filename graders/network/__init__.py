"""What reaches what: security groups as sets of sources, and whole paths through a VPC world."""

from graders.network.engine import reachable
from graders.network.groups import Group, Groups, Rule, Sources, read_groups
from graders.network.path import Hop, Path
from graders.network.snapshot import snapshot
from graders.network.surface import Exposure, exposed
from graders.network.world import UnknownResource, World

__all__ = [
    "Exposure",
    "Group",
    "Groups",
    "Hop",
    "Path",
    "Rule",
    "Sources",
    "UnknownResource",
    "World",
    "exposed",
    "reachable",
    "read_groups",
    "snapshot",
]
