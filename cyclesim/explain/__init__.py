"""What a cycle does, in a sentence, a formula, its real shapes and its real numbers.

explain(cycle, trace).sentence     # one sentence that is true of this very cycle
worked(cycle, trace, (0, 2, 1, 1)) # the formula with the numbers of one cell
"""

from cyclesim.explain.axes import axes_of
from cyclesim.explain.explain import explain
from cyclesim.explain.explanation import Explanation, ascii_text
from cyclesim.explain.numbers import worked
from cyclesim.explain.quote import printable, quote

__all__ = ["Explanation", "ascii_text", "axes_of", "explain", "printable", "quote", "worked"]
