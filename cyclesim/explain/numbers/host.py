"""What one row of input preprocessing or of output holds, in a sentence."""

from __future__ import annotations

from cyclesim.explain.quote import quote
from cyclesim.language import tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value

__all__ = ["row_sentence"]


def row_sentence(cycle: Cycle, index: tuple[int, ...]) -> str:
    """Says which token has which number, or which characters; "" where the rows have no names.

    Args:
        cycle: a host step, which has run.
        index: a cell of its first output.
    """
    output = cycle.outputs[0] if cycle.outputs else None
    if output is None or not output.words or output.data is None or not index:
        return ""
    row = index[-1] if cycle.step == "tensors" else index[0]
    if not 0 <= row < len(output.words):
        return ""
    word = quote(output.words[row])
    if output.name in ("ids", "input_ids"):
        number = int(output.numpy((0,) * (len(output.shape) - 1) + (row,)))
        said = tr("{word} is number {number} of the vocabulary.")
        return said.format(word=word, number=f"{number:,}")
    if len(output.shape) == 2 and output.shape[1] == 2 and output.dtype.startswith("int"):
        return _span(word, output, row)
    return ""


def _span(word: str, output: Value, row: int) -> str:
    start, end = (int(n) for n in output.numpy((row,)))
    # As Python slices it, and as the tensor and the answer say it: the end is not counted.
    return tr("{word} is text[{start}:{end}].").format(word=word, start=start, end=end)
