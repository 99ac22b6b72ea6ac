"""What the simulated account would cost on AWS: a dated table of list prices, and the bill that it makes. No Django."""

from labs.billing import items  # its functions register themselves: no reader of SECTIONS sees half of them
from labs.billing.bill import Bill, Line, Reader, bill

__all__ = ["Bill", "Line", "Reader", "bill", "items"]
