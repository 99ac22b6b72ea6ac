"""Where what an author wrote is judged: a warm process of its own that forks a jailed child for each check.

The server is `python -m labs.judge`; `ensure_judge` starts it, and `Judge.begin` asks it. docs/security.md says why.
"""

from labs.judge.client import Judge, Judging, Pending, Unjudged, ensure_judge, is_authors
from labs.judge.limits import Limits

__all__ = ["Judge", "Judging", "Limits", "Pending", "Unjudged", "ensure_judge", "is_authors"]
