"""Functions that run: a Lambda function's Python code in a jailed, short-lived child of the cell, and what calls it.

process.py forks the child and talks to it, child.py is what runs there; invocations.py is Lambda's Invoke, works.py what
happens after the call that causes it, sources.py the queues and streams that Lambda reads; api_*.py is API Gateway.
"""
