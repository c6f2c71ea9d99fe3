"""The state of the tensor view: which tensor, which part, which cell, drawn how, against what.

What a person has chosen stays from cycle to cycle, where the next tensor has such a dimension.
Methods that change something return a sentence where there is nothing to change, else "".
"""

from __future__ import annotations

from typing import Literal

from textual.message import Message

from cyclesim.explain.looked_at import own_output
from cyclesim.language import tr
from cyclesim.trace import Cycle
from cyclesim.tui.scene import Scene
from cyclesim.tui.tensors.beside import Beside, BesideCache
from cyclesim.tui.tensors.changes import Side, before, there
from cyclesim.tui.tensors.dimensions import Cut
from cyclesim.tui.tensors.listing import is_listed, rows_of
from cyclesim.tui.tensors.pairs import Pair, pair_of
from cyclesim.tui.tensors.slots import Slot, axes_of_slot, counts_tokens, slots_of
from cyclesim.tui.tensors.sources import Source
from cyclesim.tui.widgets.panel import Panel
from cyclesim.tui.widgets.tensor.sight import Heads, Sight, source_of

__all__ = ["CellMoved", "Drawing", "TensorState"]

Drawing = Literal["heatmap", "histogram", "figures"]
Versus = Literal["", "before", "there"]

_DRAWINGS: tuple[Drawing, ...] = ("heatmap", "histogram", "figures")
_HEADS: tuple[Heads, ...] = ("one", "all", "mean")


class CellMoved(Message):
    """Another cell of an output is pointed at.

    Attributes:
        index: its place in the output; None where what is shown is no output.
        output: which output of the cycle.
    """

    def __init__(self, index: tuple[int, ...] | None, output: int) -> None:
        super().__init__()
        self.index, self.output = index, output


def _own_slot(cycle: Cycle | None, scene: Scene) -> int:
    """The output about the sequence that is looked at; the first where one is about all."""
    if cycle is None or len(cycle.outputs) < 2:
        return 0
    own = own_output(cycle, scene.trace)
    return next(place for place, value in enumerate(cycle.outputs) if value is own)


class TensorState(Panel):
    """Knows what is shown; a subclass draws it."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._slots: list[Slot] = []
        self._slot = 0
        self._cache = BesideCache()
        self._beside: Beside | None = None
        #: The cycle that the slots are of, and the sequence of the batch.
        self._of: Cycle | None = None
        self._row = 0
        self._cut: Cut | None = None
        #: The last cut of a tensor with these names, and where each dimension stood.
        self._layouts: dict[tuple[str, ...], Cut] = {}
        self._places: dict[str, int] = {}
        self._cursor = (0, 0)
        #: Whether a person has put it there, and the token that it stands on in every tensor that
        #: has a row for it.
        self._aimed = False
        self._token: int | None = None
        #: The column is to be that of the token as well, once there is one.
        self._square = False
        self._drawing: Drawing = "heatmap"
        self._heads: Heads = "one"
        self._versus: Versus = ""
        #: Data and gradient are drawn side by side.
        self._paired = False
        self._zoom = 0
        self._source: tuple[object, Source] | None = None
        self._sight: tuple[object, Sight] | None = None
        self._told: object = None

    # -- what is shown -----------------------------------------------------------------------

    @property
    def slot(self) -> Slot | None:
        """The tensor that is shown."""
        return self._slots[self._slot] if self._slots else None

    @property
    def cycle(self) -> Cycle | None:
        """The cycle whose tensors can be looked at."""
        return self._of

    @property
    def cut(self) -> Cut | None:
        """Which part of it is drawn."""
        return self._cut

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column of the cell cursor."""
        return self._cursor

    @property
    def aimed(self) -> bool:
        """Whether a person has put the cursor where it is."""
        return self._aimed

    @property
    def drawing(self) -> Drawing:
        """How the numbers are drawn."""
        return self._drawing

    @property
    def head(self) -> int:
        """Where the attention head stands; without one, the innermost dimension not drawn."""
        cut = self._cut
        if cut is None:
            return 0
        dimension = cut.named("head")
        if dimension is None:
            dimension = cut.leading[-1] if cut.leading else None
        return 0 if dimension is None else cut.at[dimension]

    @property
    def output(self) -> int:
        """Which output of the cycle is shown; 0 if it is another tensor."""
        return self.slot.place if self.slot is not None and self.slot.output else 0

    @property
    def cell(self) -> tuple[int, ...] | None:
        """Index of the cell under the cursor, where an output is shown; a mean is none of it."""
        return None if self._heads_shown() == "mean" else self.aim

    @property
    def aim(self) -> tuple[int, ...] | None:
        """The same, and under a mean over heads the cell of the head that was shown before."""
        slot, cut = self.slot, self._cut
        if slot is None or cut is None or not slot.output or 0 in cut.shape:
            return None
        if self._listed(slot):
            rows = slot.value.shape[-1]
            one = all(size == 1 for size in slot.value.shape[:-1])
            return (*cut.at[:-1], min(self._cursor[0], rows - 1)) if one else None
        return cut.cell(*cut.within(self._cursor))

    def _listed(self, slot: Slot) -> bool:
        """Whether it is a table of names; a change of it is a matrix like any other."""
        return is_listed(slot.value) and not self._compared(slot)

    def _compared(self, slot: Slot) -> Versus:
        return self._versus if slot.output else ""

    def _head_dimension(self) -> int | None:
        """The dimension of attention heads, where it is not drawn itself."""
        cut = self._cut
        found = cut.named("head") if cut is not None else None
        if cut is None or found not in cut.leading or cut.shape[found] < 2:
            return None
        return found

    def _heads_shown(self) -> Heads:
        return "one" if self._head_dimension() is None else self._heads

    # -- another moment ----------------------------------------------------------------------

    def show(self, scene: Scene) -> None:
        cycle, row = scene.current, scene.plan.header.sequence
        if row != self._row:
            self._places["batch"] = row
        if cycle is not self._of or row != self._row:
            self._of, self._row = cycle, row
            self._beside = self._cache.of(cycle) if cycle is not None else None
            more = self._beside.values if self._beside is not None else ()
            self._slots = slots_of(cycle, self.glyphs.fetched, more) if cycle is not None else []
            self._slot = _own_slot(cycle, scene)
            self._source = self._sight = None
        if scene.other is None and self._versus == "there":
            self._versus = ""
        self.scene = scene
        self._take(scene)
        super().show(scene)
        self._tell()

    def _take(self, scene: Scene) -> None:
        """Cut the chosen tensor as one of its kind was cut before."""
        slot, cycle = self.slot, scene.current
        if slot is None or cycle is None:
            self._cut = None
            return
        names = axes_of_slot(slot, cycle, scene.trace)
        usual = Cut.of(slot.value.shape, names, self._places)
        like = self._layouts.get(usual.names)
        self._cut = Cut.of(slot.value.shape, names, self._places, like)
        self._to_token(self._cut)

    def _tell(self) -> None:
        """Say that another cell is pointed at, if one is."""
        # Two cycles are the same only if they are one; of a table, the cursor is the row.
        now = (id(self._of), self.cell, self._cursor, self.output)
        if now != self._told:
            self._told = now
            self.post_message(CellMoved(self.cell, self.output))

    def _changed(self) -> None:
        self.rebuild()
        self._tell()

    # -- choices -----------------------------------------------------------------------------

    def choose(self, by: int) -> None:
        """Show another tensor of the cycle."""
        if self._slots and self.scene is not None:
            self._slot = (self._slot + by) % len(self._slots)
            self._take(self.scene)
            self._changed()

    def turn(self, by: int) -> str:
        """Move along the chosen dimension."""
        cut = self._cut
        if cut is None or cut.chosen is None or cut.shape[cut.chosen] < 2:
            return tr("All of this tensor is drawn: there is no dimension to move along.")
        self.lay(cut.moved(cut.chosen, by))
        return ""

    def point_at(self, index: tuple[int, ...]) -> None:
        """Show the first output of the cycle, with the cursor on its cell `index`."""
        if not self._slots or not self._slots[0].output or self.scene is None:
            return
        self._slot = 0
        self._take(self.scene)
        cut = self._cut
        if cut is None or len(index) != len(cut.shape):
            return
        if self._listed(self._slots[0]):
            self._aim(index[-1], 0)
        elif cut.rows is None or cut.columns is None:
            self._aim(*(divmod(index[0], cut.drawn_shape[1]) if index else (0, 0)))
        else:
            self._aim(index[cut.rows], index[cut.columns])
            for dimension in cut.leading:
                cut = cut.placed(dimension, index[dimension])
        self.lay(cut)

    def lay(self, cut: Cut) -> None:
        """Draw another part of the tensor, and remember the choice for others like it."""
        self._cut = cut
        self._layouts[cut.names] = cut
        self._places.update(zip(cut.names, cut.at, strict=True))
        self._changed()

    def _of_tokens(self, dimension: int | None) -> bool:
        """Whether there is a row (or a column) for each token of the text."""
        slot, cut, scene = self.slot, self._cut, self.scene
        if slot is None or cut is None or scene is None:
            return False
        count = len(scene.plan.header.tokens)
        if self._listed(slot):
            return dimension == cut.rows and rows_of(slot.value) == count
        return counts_tokens(cut, dimension, count)

    def _aim(self, row: int, column: int) -> None:
        """Put the cursor on a cell, and from now on it stays with the token of that row."""
        self._cursor, self._aimed, self._square = (row, column), True, False
        if self._cut is not None and self._of_tokens(self._cut.rows):
            self._token = row

    def follow(self, token: int) -> None:
        """Keep the cursor on a token, here and in every tensor that has a row for it."""
        self._token, self._aimed, self._square = token, True, True
        if self._cut is not None:
            self._to_token(self._cut)
            self._changed()

    def _to_token(self, cut: Cut) -> None:
        if self._token is None or not self._of_tokens(cut.rows):
            return
        column = self._cursor[1]
        if self._square and self._of_tokens(cut.columns):
            column, self._square = self._token, False
        self._cursor = (self._token, column)

    @property
    def token(self) -> int | None:
        """The token that the cursor stays with."""
        return self._token

    def turn_drawing(self) -> str:
        """Heatmap, histogram, figures."""
        if self.slot is not None and self._listed(self.slot):
            return tr("These are names, not amounts: there is nothing to count or average.")
        self._drawing = _DRAWINGS[(_DRAWINGS.index(self._drawing) + 1) % len(_DRAWINGS)]
        self._changed()
        return ""

    def turn_heads(self) -> str:
        """One head, all of them, their mean."""
        if self._head_dimension() is None:
            return tr("This tensor has no heads side by side: look at scores or softmax.")
        self._heads = _HEADS[(_HEADS.index(self._heads) + 1) % len(_HEADS)]
        self._changed()
        return ""

    def turn_versus(self) -> str:
        """The numbers themselves, against what the cycle read, against the other run."""
        if self.slot is None or not self.slot.output:
            return tr("Only what a cycle wrote can have changed: {key} shows its output.").format(
                key=self.key("next_tensor")
            )
        other = self.scene.other if self.scene is not None else None
        ways: list[Versus] = ["", "before"] if other is None else ["", "before", "there"]
        self._versus = ways[(ways.index(self._versus) + 1) % len(ways)]
        self._changed()
        if not self._versus:
            return tr("The numbers themselves again.")
        return ""

    def turn_pair(self) -> str:
        """Data and gradient side by side, or one tensor alone again."""
        self._paired = not self._paired
        self._changed()
        if not self._paired:
            return tr("One tensor alone again.")
        if self.scene is not None and self._pair(self.scene) is None:
            return tr("Side by side from where there is a gradient: this tensor has none (yet).")
        return ""

    def _pair(self, scene: Scene) -> Pair | None:
        """What is looked at with its gradient, or what it is the gradient of."""
        slot, cycle = self.slot, scene.current
        if not self._paired or slot is None or cycle is None or self._compared(slot):
            return None
        return pair_of(slot, cycle, scene.trace, scene.executed)

    # -- the look ----------------------------------------------------------------------------

    def _side(self, scene: Scene, slot: Slot) -> Side | None:
        versus = self._compared(slot)
        if not versus or scene.current is None:
            return None
        if versus == "there" and scene.other is not None:
            return there(scene.other, scene.current, slot.place)
        return before(scene, scene.current, slot.place)

    def _look(self, scene: Scene, slot: Slot, cut: Cut, side: Side | None) -> Sight:
        """What is looked at; read anew only where something was chosen.

        Raises:
            CyclesimError: the numbers cannot be read.
        """
        cycle = scene.current
        assert cycle is not None
        heads, dimension = self._heads_shown(), self._head_dimension()
        averaged = dimension if heads == "mean" else None
        of = (id(slot.value), self._compared(slot), id(scene.other), averaged)
        if self._source is None or self._source[0] != of:
            self._source, self._sight = (of, source_of(slot, cycle, side, averaged)), None
        source = self._source[1]
        left = cut if averaged is None else cut.without(averaged)
        if self._sight is None or self._sight[0] != (left, heads):
            header = scene.trace.header
            sight = Sight.of(cycle, slot, source, left, header, side, heads, dimension)
            self._sight = ((left, heads), sight)
        return self._sight[1]
