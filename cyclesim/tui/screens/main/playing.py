"""Playing: the clock ticks by itself; how fast, and how far one tick goes."""

from __future__ import annotations

from cyclesim.language import N_, tr, trn
from cyclesim.trace import Resolution
from cyclesim.tui.launch import SPEEDS
from cyclesim.tui.screens.main.running import Running

__all__ = ["Playing"]

#: What one tick is, by clock resolution.
TICKS: dict[Resolution, str] = {
    "step": N_("one cycle"), "module": N_("one module"), "layer": N_("one layer"),
    "token": N_("one token"),
}  # fmt: skip


class Playing(Running):
    """`space`, `+`, `-` and `c`."""

    def action_play(self) -> None:
        """Let the clock tick by itself, or stop it."""
        if not self._ready:
            return
        if self._player is not None:
            self._stop()
            self.session.hold()
        elif self._ended and not self._looking_back:
            self._over()
            return
        else:
            self._play()
        self._stale()

    @property
    def _looking_back(self) -> bool:
        return self._at is not None and self._at < self._executed - 1

    def _play(self) -> None:
        self._player = self.set_interval(1 / self.speed, self._beat)

    def _beat(self) -> None:
        if self._ended and not self._looking_back:
            self._stop()
        elif self._following and self.session.target >= self._executed:
            return  # still running the last one: drop this beat
        else:
            self.action_step()

    def _faster(self, by: int) -> None:
        self._speed = max(0, min(self._speed + by, len(SPEEDS) - 1))
        if self._player is not None:
            self._player.stop()
            self._play()
        else:
            said = trn("{key} will play {count} tick a second.",
                       "{key} will play {count} ticks a second.", self.speed)  # fmt: skip
            self.tell(said.format(key=self._key("play"), count=self.speed))
        self._stale()

    def action_faster(self) -> None:
        """Tick faster."""
        self._faster(1)

    def action_slower(self) -> None:
        """Tick slower."""
        self._faster(-1)

    def action_resolution(self) -> None:
        """The next clock resolution."""
        order = [tick for tick in TICKS if tick != "token" or self._writes]
        if self._resolution not in order:
            self._resolution = order[-1]
        self._resolution = order[(order.index(self._resolution) + 1) % len(order)]
        self._stale()
        self.tell(tr("One step is now {what}.").format(what=tr(TICKS[self._resolution])))
