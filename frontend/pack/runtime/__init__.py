"""Our part of what runs in the learner's browser: the AWS CLI, and Python, in the place where a shell calls them.

Imported once, when the pack is built, and kept as a memory snapshot; attach() then gives it the page's worker.
"""
