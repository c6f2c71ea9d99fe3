"""The main screen: all views of one run, and everything a key can do."""

from __future__ import annotations

from cyclesim.tui.commands import bindings
from cyclesim.tui.screens.asking import Asking
from cyclesim.tui.screens.changing import Changing
from cyclesim.tui.screens.comparing import Comparing
from cyclesim.tui.screens.finding import Finding
from cyclesim.tui.screens.looking import Looking
from cyclesim.tui.screens.measuring import Measuring
from cyclesim.tui.screens.opening import Opening
from cyclesim.tui.screens.playing import Playing
from cyclesim.tui.screens.showing import Showing
from cyclesim.tui.screens.stepping import Stepping
from cyclesim.tui.screens.viewing import Viewing

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
    Comparing,
    Showing,
):
    """A stage that can run; what else it can do is in the classes it is made of."""

    BINDINGS = bindings(app=False)
