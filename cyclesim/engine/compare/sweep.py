"""The same model on longer and longer sequences: time, FLOPs, traffic and kept memory by unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from cyclesim.engine.compare.forms import Form
from cyclesim.engine.compare.inputs import lengthened
from cyclesim.engine.compare.observed import Recorded
from cyclesim.engine.compare.reasons import reason
from cyclesim.engine.compare.rounds import draw
from cyclesim.language import speaking, tr
from cyclesim.machine.variant import writing
from cyclesim.versus import Point, Sweep, Times
from cyclesim.versus.sentences import PREFILL, REPEATED_EACH

__all__ = ["measure_sweep"]

FEWEST, MOST = 3, 15


def measure_sweep(
    base: Form,
    lengths: Sequence[int],
    *,
    rounds: int | None,
    budget_ns: int,
    say: Callable[[str], None],
) -> Sweep:
    """Measure `base` at each of `lengths`, interleaved; one that fails is a point with a reason.

    Of a model that writes a text, it is the reading that grows: it writes one token each time.
    """
    note = REPEATED_EACH
    if base.generates:
        base = replace(base, machine=writing(base.machine, max_new_tokens=1))
        note += f"; {PREFILL}"
    ready: dict[int, tuple[Form, Recorded]] = {}
    failed: dict[int, str] = {}
    for length in lengths:
        say(tr("preparing {length} tokens").format(length=length))
        try:
            with speaking("en"):
                longer = lengthened(base.machine, base.encoding, length)
                form = replace(base, encoding=longer, text=None)
                form.time()
                ready[length] = form, Recorded(form)
        except Exception as error:
            failed[length] = reason(error)

    def runner(length: int) -> Callable[[], int]:
        form, recorded = ready[length]

        def run() -> int:
            wall = form.time()
            recorded.time_cycles()
            return wall

        return run

    drawn = draw(
        {str(length): runner(length) for length in ready},
        rounds=rounds,
        fewest=FEWEST,
        most=MOST,
        budget_ns=budget_ns,
        say=lambda text: say(tr("sweep: {stage}").format(stage=text)),
    )
    failed.update({int(name): reason(error) for name, error in drawn.failed.items()})
    points = [
        Point(length, failed=failed[length])
        if length in failed
        else Point(length, Times(tuple(drawn.times[str(length)])), ready[length][1].parts())
        for length in lengths
    ]
    return Sweep("seq", tuple(points), note)
