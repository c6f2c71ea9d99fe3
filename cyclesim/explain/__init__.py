"""What a cycle does, in a sentence, a formula, its real shapes and its real numbers.

explain(cycle, trace).sentence     # one sentence that is true of this very cycle
worked(cycle, trace, (0, 2, 1, 1)) # the formula with the numbers of one cell
question_for(cycle, trace).choices # what to predict before it runs
"""

from cyclesim.explain.axes import axes_of, axis_text
from cyclesim.explain.explain import explain
from cyclesim.explain.explanation import Explanation, ascii_text
from cyclesim.explain.numbers import Worked, number, row_sentence, work_out, worked
from cyclesim.explain.questions import Question, question_for
from cyclesim.explain.quote import printable, quote

__all__ = [
    "Explanation", "Question", "Worked", "ascii_text", "axes_of", "axis_text", "explain", "number",
    "printable", "question_for", "quote", "row_sentence", "work_out", "worked",
]  # fmt: skip
