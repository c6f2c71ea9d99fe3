"""The live engine, and how a machine is loaded: what the session's thread does with torch."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from cyclesim.cost import Peak
from cyclesim.language import tr
from cyclesim.trace import Trace
from cyclesim.tui.backstage.edits import EditWish
from cyclesim.tui.backstage.engine import Offers, Reads
from cyclesim.tui.launch import LaunchOptions

if TYPE_CHECKING:
    from cyclesim.machine import Training

__all__ = ["LiveEngine", "open_machine"]


class LiveEngine:
    """The real engine, imported when it is first needed."""

    live = True

    def __init__(self) -> None:
        #: The latest probe, with what it was made for: it holds a whole run of its own.
        self._probe: tuple[Any, Any, Any] | None = None

    def rehearse(self, machine: Any, text: Any, train: Training | None = None) -> Trace:
        from cyclesim.engine import rehearse

        self._probe = None
        return rehearse(machine, text, train=train)

    def clock(self, machine: Any, text: Any, plan: Trace, train: Training | None = None) -> Any:
        from cyclesim.engine import Clock

        return Clock(machine, text, plan=plan, train=train)

    def edit(self, clock: Any, number: int, wish: EditWish) -> None:
        from cyclesim.engine import edits

        made: Any = {
            "head": lambda: edits.zero_head(int(wish.number)),
            "position": lambda: edits.zero_position(int(wish.number)),
            "scale": lambda: edits.scale(wish.number),
            "noise": lambda: edits.add_noise(wish.number, wish.seed),
            "set": lambda: wish.number,
        }[wish.kind]()
        with _looking_at(clock, number):
            clock.edit(made, index=wish.index, output=wish.output, branch=True)

    def check_edit(self, clock: Any, number: int, output: int) -> None:
        def untouched(*_: Any) -> Any:
            raise _Allowed

        # The clock asks for the new numbers last, and before it undoes anything.
        with _looking_at(clock, number), suppress(_Allowed):
            clock.edit(untouched, output=output)

    def writing(self, machine: Any, settings: Mapping[str, Any] | None) -> Any:
        from cyclesim.machine.generation import Generation

        return machine.with_generation(Generation.of(settings or {}))

    def offers(self) -> Offers:
        from cyclesim.machine.tasks import TASKS

        cuda = import_module("torch").cuda
        count = cuda.device_count() if cuda.is_available() else 0
        devices = ("cpu", *(f"cuda:{i}" for i in range(count)))
        reads = {name: Reads(task.needs, task.takes) for name, task in TASKS.items()}
        return Offers(tuple(TASKS), devices, reads)

    def known_peak(self, machine: Any) -> Peak | None:
        from cyclesim.engine import known_peak

        return known_peak(machine)

    def peak(self, machine: Any, given_up: Callable[[], bool]) -> Peak | None:
        from cyclesim.engine import peak_of

        return peak_of(machine, again=True, given_up=given_up)

    def measure(
        self,
        machine: Any,
        text: Any,
        repeats: int,
        seconds: float,
        going: Callable[[int], bool],
        train: Training | None = None,
    ) -> Any:
        from cyclesim.engine import measure

        return measure(machine, text, train=train, repeats=repeats, seconds=seconds, going=going)

    def probe(self, machine: Any, text: Any) -> Any:
        from cyclesim.engine import Probe

        if self._probe is None or self._probe[0] is not machine or self._probe[1] != text:
            self._probe = (machine, text, Probe(machine, text))
        return self._probe[2]


class _Allowed(Exception):
    """The clock has no objection."""


@contextmanager
def _looking_at(clock: Any, number: int) -> Iterator[None]:
    """Inside the block the clock looks at cycle `number`, and afterwards where the run stands.

    A refused edit must not leave the clock looking back: the next step would only look.
    """
    clock.goto(number)
    try:
        yield
    finally:
        if clock.executed:
            clock.goto(clock.executed - 1)


def open_machine(options: LaunchOptions, progress: Callable[[str], None]) -> Any:
    """Import torch and transformers and load the model that `options` names."""
    progress(tr("starting PyTorch"))
    import_module("torch")
    progress(tr("starting Transformers"))
    import_module("transformers")
    # A million objects that live as long as the process: searching them for garbage would hold up
    # a key for a third of a second, every few hundred keys.
    gc.freeze()
    from cyclesim.machine import load

    return load(
        options.model,
        task=options.task,
        attn=options.attention,
        device=options.device,
        dtype=options.dtype,
        seed=options.seed,
        max_length=options.max_length,
        pad_to=options.pad_to,
        trust_remote_code=options.trust_remote_code,
        random_init=options.random_init,
        generation=options.generation,
        progress=progress,
    )


def import_module(name: str) -> Any:
    """Import by name: the screen's code itself knows neither torch nor transformers."""
    import importlib

    return importlib.import_module(name)
