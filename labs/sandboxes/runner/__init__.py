"""The warm AWS CLI that runs a lab's blocks, and its client. The server is `python -m labs.sandboxes.runner`."""

from labs.sandboxes.runner.client import KeptRunner, Runner, RunReport, Step, ensure_runner

__all__ = ["KeptRunner", "RunReport", "Runner", "Step", "ensure_runner"]
