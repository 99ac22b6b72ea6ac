"""The formulas on columns of numbers. Sample variances (n − 1) throughout; what is not defined is None, never 0.

Sources: the k-statistics and discriminative efficiency as in Moodle's "Quiz statistics calculations"; Wilson's interval
(Journal of the American Statistical Association 22, 1927); Fisher's z (Biometrika 10, 1915).
"""

from __future__ import annotations

import math

import numpy as np

from courses.exams.statistics.sheet import QUINTILES, Floats, Ints

Z = 1.959963984540054  # the normal deviate of a two-sided 95 % interval
# A spread this small against the numbers themselves is rounding, not variance.
_NOTHING = 1e-12


def constant(values: Floats) -> bool:
    """Return whether the values do not vary (an empty column does not)."""
    return len(values) == 0 or float(np.ptp(values)) <= _NOTHING * max(1.0, float(np.max(np.abs(values))))


def mean(values: Floats) -> float | None:
    """Return the mean; None of nothing."""
    return float(np.mean(values)) if len(values) else None


def sd(values: Floats) -> float | None:
    """Return the sample standard deviation; None below two values. A constant column's is 0: that much is known."""
    if len(values) < 2:
        return None
    return 0.0 if constant(values) else float(np.std(values, ddof=1))


def covariance(one: Floats, other: Floats) -> float | None:
    """Return the sample covariance."""
    if len(one) < 2:
        return None
    return float(np.dot(one - np.mean(one), other - np.mean(other)) / (len(one) - 1))


def correlation(one: Floats, other: Floats) -> float | None:
    """Return Pearson's r; the point-biserial where `one` is 0/1. None where either does not vary."""
    if len(one) < 2 or constant(one) or constant(other):
        return None
    a, b = one - np.mean(one), other - np.mean(other)
    r = float(np.dot(a, b) / math.sqrt(float(np.dot(a, a)) * float(np.dot(b, b))))
    return max(-1.0, min(1.0, r))


def correlation_interval(r: float | None, n: int) -> tuple[float | None, float | None]:
    """Return the 95 % interval of a correlation by Fisher's z, n > 3."""
    if r is None or n <= 3 or abs(r) >= 1:
        return None, None
    middle, half = math.atanh(r), Z / math.sqrt(n - 3)
    return math.tanh(middle - half), math.tanh(middle + half)


def share_interval(values: Floats) -> tuple[float | None, float | None]:
    """Return the 95 % interval of a mean share: Wilson's for 0/1, else mean ± 1.96 SE, kept within 0 and 1."""
    n = len(values)
    if n == 0:
        return None, None
    p = float(np.mean(values))
    if bool(np.all((values == 0) | (values == 1))):
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    elif n < 2:
        return None, None
    else:
        middle, half = p, Z * float(np.std(values, ddof=1)) / math.sqrt(n)
    return max(0.0, middle - half), min(1.0, middle + half)


def efficiency(item: Floats, rest: Floats) -> float | None:
    """Return Moodle's discriminative efficiency: cov(item, rest) / cov(sorted item, sorted rest).

    The denominator is the most that the covariance could be if the same marks fell to the same candidates in order.
    """
    if len(item) < 2 or constant(item) or constant(rest):
        return None
    most = covariance(np.sort(item), np.sort(rest))
    got = covariance(item, rest)
    return None if most is None or got is None or most <= 0 else got / most


def skewness(values: Floats) -> float | None:
    """Return k3 / k2^1.5 of the k-statistics; n > 2."""
    n = len(values)
    if n < 3 or constant(values):
        return None
    d = values - np.mean(values)
    m2, m3 = float(np.mean(d**2)), float(np.mean(d**3))
    k2, k3 = n * m2 / (n - 1), n * n * m3 / ((n - 1) * (n - 2))
    return k3 / math.pow(k2, 1.5)


def kurtosis(values: Floats) -> float | None:
    """Return k4 / k2² of the k-statistics, 0 for a normal distribution; n > 3."""
    n = len(values)
    if n < 4 or constant(values):
        return None
    d = values - np.mean(values)
    m2, m4 = float(np.mean(d**2)), float(np.mean(d**4))
    k2 = n * m2 / (n - 1)
    k4 = n * n * ((n + 1) * m4 - 3 * (n - 1) * m2 * m2) / ((n - 1) * (n - 2) * (n - 3))
    return k4 / (k2 * k2)


def quartiles(values: Floats) -> tuple[float | None, float | None, float | None]:
    """Return first quartile, median and third (linear interpolation, as spreadsheets' QUARTILE.INC)."""
    if not len(values):
        return None, None, None
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float(low), float(middle), float(high)


def fifths(values: Floats) -> Ints:
    """Return each value's fifth, 0 the lowest: ⌊5 (midrank − ½) / n⌋. Equal values share one, so fifths may be uneven."""
    n = len(values)
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    # Sums of the same points in another order differ in their last digit: they are equal values all the same.
    _, inverse, counts = np.unique(np.round(values, 12), return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    doubled = (2 * below + counts)[inverse]  # twice (midrank − ½), a whole number: no rounding at the borders
    fifth: Ints = np.minimum(QUINTILES * doubled // (2 * n), QUINTILES - 1).astype(np.int64)
    return fifth
