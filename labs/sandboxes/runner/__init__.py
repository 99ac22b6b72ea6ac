"""The warm AWS CLI that runs a lab's blocks, and its client. The server is `python -m labs.sandboxes.runner`."""

from labs.sandboxes.runner.client import Runner, RunReport, Step, ensure_runner

__all__ = ["RunReport", "Runner", "Step", "ensure_runner"]
