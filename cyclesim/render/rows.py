"""What is said of one row of a comparison, in a table or in a report: plain words, no markup."""

from __future__ import annotations

from collections.abc import Iterator

from cyclesim.language import tr, trn
from cyclesim.render.text import safe_text
from cyclesim.render.units import factor, number
from cyclesim.versus import FEWEST, Comparison, Ratio, Row, Setup, remark

__all__ = [
    "answers_word", "apart_words", "doubts", "failures", "first_words", "noise_words", "speed_word",
    "written_words",
]  # fmt: skip


def written_words(setup: Setup) -> str:
    """How many tokens were written; "" where what is compared is one forward."""
    if not setup.generated:
        return ""
    said = trn("{count} token written", "{count} tokens written", setup.generated)
    return said.format(count=f"{setup.generated:,}")


def speed_word(row: Row, faster: Ratio) -> str:
    """What its speed-up means."""
    if row.kind == "baseline":
        return tr("baseline")
    if not faster.significant:
        return tr("within noise")
    return tr("faster") if faster.value > 1 else tr("slower")


def apart_words(row: Row) -> tuple[str, str]:
    """How far its outputs are from the baseline's: absolute, and relative."""
    apart = row.difference
    if apart is None:
        return "–", "–"
    if apart.bit_identical:
        return tr("bit-identical"), ""
    return f"{apart.max_abs:.3g}", f"{apart.relative:.2g}"


def answers_word(row: Row) -> str:
    """Whether it answers otherwise."""
    if row.answer is None:
        return "–"
    if not row.answer.changed:
        return tr("same")
    said = tr("{count} of {all} changed")
    return said.format(count=len(row.answer.changes), all=row.answer.compared)


def first_words(row: Row) -> str:
    """The first cycle that differs, or why there is none to name."""
    if row.unlike:
        return remark(row.unlike)
    first = row.first
    if first is None:
        return ""
    if first.number is None:
        return remark(first.reason) or tr("none")
    apart = "" if first.max_abs is None else f" ({first.max_abs:.2g})"
    return f"{first.number} · {first.label}{apart}"


def failures(found: Comparison) -> Iterator[str]:
    """A sentence for each row that could not be measured."""
    for row in found.rows:
        if row.failed:
            said = tr("{name} did not run: {why}").format(name=row.name, why=remark(row.failed))
            yield safe_text(said)


def doubts(found: Comparison) -> Iterator[str]:
    """What speaks against trusting the times: few rounds, halves that disagree, a machine that
    changed."""
    if found.rounds < FEWEST:
        said = trn(
            "{count} round is too few for a 95 % interval: the ones shown are narrower than that. "
            "Give {least} or more.",
            "{count} rounds are too few for a 95 % interval: the ones shown are narrower than "
            "that. Give {least} or more.",
            found.rounds,
        )
        yield said.format(count=found.rounds, least=FEWEST)
    unsteady = [row.name for row in found.rows if found.steady(row) is False]
    if unsteady:
        said = tr("The first and the second half of the rounds do not agree about {names}.")
        yield said.format(names=", ".join(safe_text(name, 40) for name in unsteady))
    drift = found.drift
    if drift is not None and drift.significant:
        said = tr("The machine changed meanwhile: in the second half of the rounds the "
                  "baseline was {factor} times as fast as in the first.")  # fmt: skip
        yield said.format(factor=number(drift.value))


def noise_words(found: Comparison) -> str:
    """How far apart equal things were measured."""
    said = tr("noise floor {factor}: so far apart were two equal runs of the baseline")
    return said.format(factor=factor(found.noise))
