"""Prints the cases of scipy_test.go: python3 golden.py

SciPy rescales what it is given to sum to 1; these vectors are multiples of a
power of two, so that it rescales nothing. Its jensenshannon is the square root
of the divergence.
"""
import scipy
from scipy.spatial.distance import jensenshannon
from scipy.special import logsumexp
from scipy.stats import entropy

pairs = [
    ([0.5, 0.25, 0.25], [0.25, 0.25, 0.5]),
    ([0.75, 0.25, 0.0, 0.0], [0.125, 0.125, 0.25, 0.5]),
    ([1.0, 0.0], [0.5, 0.5]),
    ([0.5, 0.5], [1.0, 0.0]),
    ([0.03125] * 8 + [0.75], [0.75] + [0.03125] * 8),
]


def floats(values):
    return ", ".join("%.17g" % v for v in values)


print("// SciPy", scipy.__version__)
for p, q in pairs:
    values = [entropy(p), entropy(p, q), jensenshannon(p, q) ** 2, logsumexp(p)]
    print("{[]float64{%s}, []float64{%s}, %s}," % (floats(p), floats(q), floats(values)))
