"""The AWS that moto lacks, one small file a service: found by being here (labs/sandboxes/emulated/hooks.py)."""
