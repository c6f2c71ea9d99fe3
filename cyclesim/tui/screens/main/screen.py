"""The main screen: all views of one run, and everything a key can do."""

from __future__ import annotations

from cyclesim.tui.keys import bindings
from cyclesim.tui.screens.main.asking import Asking
from cyclesim.tui.screens.main.batch import Batch
from cyclesim.tui.screens.main.changing import Changing
from cyclesim.tui.screens.main.comparing import Comparing
from cyclesim.tui.screens.main.finding import Finding
from cyclesim.tui.screens.main.looking import Looking
from cyclesim.tui.screens.main.measuring import Measuring
from cyclesim.tui.screens.main.opening import Opening
from cyclesim.tui.screens.main.playing import Playing
from cyclesim.tui.screens.main.showing import Showing
from cyclesim.tui.screens.main.stepping import Stepping
from cyclesim.tui.screens.main.viewing import Viewing

__all__ = ["MainScreen"]


class MainScreen(
    Playing,
    Stepping,
    Finding,
    Changing,
    Looking,
    Viewing,
    Asking,
    Measuring,
    Opening,
    Batch,
    Comparing,
    Showing,
):
    """A stage that can run; what else it can do is in the classes it is made of."""

    BINDINGS = bindings(app=False)
