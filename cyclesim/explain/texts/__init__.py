"""The sentences and formulas, one file for each part of the machine. Data, to be read."""

from cyclesim.explain.entry import Entry, Table
from cyclesim.explain.texts.attention import ATTENTION
from cyclesim.explain.texts.block import BLOCK
from cyclesim.explain.texts.embedding import EMBEDDING
from cyclesim.explain.texts.ffn import FFN
from cyclesim.explain.texts.generation import GENERATION, NEXT_TOKEN
from cyclesim.explain.texts.head import HEAD
from cyclesim.explain.texts.inputs import INPUTS
from cyclesim.explain.texts.norms import NORMS
from cyclesim.explain.texts.ops import OPS
from cyclesim.explain.texts.positions import POSITIONS
from cyclesim.explain.texts.tasks import TASKS
from cyclesim.language import N_

__all__ = ["GENERIC", "NEXT_TOKEN", "TEXTS"]

TEXTS: Table = {
    **INPUTS,
    **EMBEDDING,
    **POSITIONS,
    **ATTENTION,
    **NORMS,
    **FFN,
    **BLOCK,
    **HEAD,
    **TASKS,
    **GENERATION,
    **OPS,
}

#: True of any cycle.
GENERIC = (
    Entry(N_("Runs `{op}` in {module}: reads {read} and writes {written}.")),
    Entry(N_("Runs `{op}`: reads {read} and writes {written}.")),
)
