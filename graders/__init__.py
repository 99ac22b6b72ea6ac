"""What is true of an AWS account, and what an answer is worth. Knows no Django and no database."""

from graders import registry
from graders.account import Account, BotoAccount
from graders.check import Check, CheckCall, Fail, check
from graders.result import Outcome, Result
from graders.run import run

__all__ = ["Account", "BotoAccount", "Check", "CheckCall", "Fail", "Outcome", "Result", "check", "registry", "run"]
