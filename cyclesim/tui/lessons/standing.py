"""Where in the run a lesson stands: the cycle, the panel and the cell that a step speaks of."""

from __future__ import annotations

from cyclesim.errors import CyclesimError
from cyclesim.lessons.lesson import Look, Step
from cyclesim.lessons.tour import Tour
from cyclesim.tui.screens.main.screen import MainScreen
from cyclesim.tui.widgets.card import Card
from cyclesim.tui.widgets.tensor import Tensor

__all__ = ["StandingScreen"]


class StandingScreen(MainScreen):
    """A main screen that goes where a tour stands."""

    tour: Tour

    def __init__(self) -> None:
        super().__init__()
        self._looking_for: tuple[int | None, Look] | None = None
        self._part = ""

    def _show_place(self, step: Step) -> None:
        """Go where `step` begins, and show what it looks at."""
        number: int | None = None
        if step.go and self._plan is not None:
            number = self._number_of(step, step.go)
            if number is not None and number != self._at:
                self._stop()
                self._jump(number)
        if step.look is not None:
            self._looking_for = (number, step.look)
            self._place_cursor()

    def _stand(self, step: Step | None) -> None:
        """Go where `step` leads, for who comes back to the lesson, or leaves the step undone."""
        now = self.tour.step
        if step is None or now is None or now.go or self._plan is None:
            return
        if step.leads == "ended":
            self.action_finish()
        elif step.leads and (number := self._number_of(step, step.leads)) is not None:
            self._jump(number)

    def _number_of(self, step: Step, condition: str) -> int | None:
        """The number of a cycle of `step` in the present run, whatever its text."""
        assert self._plan is not None
        try:
            found = self._plan.find(condition)
        except CyclesimError:
            return self.tour.told.cycle(step).number if condition == step.go else None
        return found[-1 if step.which == "last" else 0].number if found else None

    def _place_cursor(self) -> None:
        """Show the panel and the cell that the step speaks of, once its cycle is on the screen."""
        if self._looking_for is None:
            return
        number, look = self._looking_for
        if number is not None and (self._at != number or number >= self._executed):
            return
        self._looking_for = None
        if look.panel:
            self._focus(look.panel)
        if look.part or self._part:
            self._part = look.part
            self.query_one(Card).show_part(look.part)
        if look.places:
            self._paint()
            self._aim_tensor(look)

    def _aim_tensor(self, look: Look) -> None:
        tensor = self.query_one(Tensor)
        cut = tensor.cut
        if cut is None:
            return
        try:
            places = self.tour.told.places(look.places)
        except CyclesimError:
            return  # another text
        if set(places) <= set(cut.names):
            tensor.point_at(tuple(places.get(name, 0) for name in cut.names))
