"""Rules for the cells of the clip and of the optimizer's update."""

from __future__ import annotations

import math

from cyclesim.explain.numbers.cell import SHOWN, Cell, Found, Rule, factor, number, terms
from cyclesim.explain.shapes import operand
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value

__all__ = ["update_rule"]


def update_rule(cycle: Cycle, name: str) -> Rule | None:
    """The rule for what a cycle of the update wrote under `name`; None if there is none here."""
    optimizer = _OPTIMIZERS.get(cycle.op.removesuffix(".step"))
    if optimizer is not None:
        return optimizer.get(name)
    return _schedule if cycle.step == "schedule" else _CLIP.get(cycle.step)


# -- the clip ----------------------------------------------------------------------------------


def _norm(cell: Cell) -> Found:
    """The length of one of the gradients: of the input at the place of the output."""
    x = cell.read(_nth(cell), ...).reshape(-1)
    squares = terms([f"{factor(v)}²" for v in x[:SHOWN]], len(x))
    value = math.sqrt(float(x @ x))
    return Found(f"√({squares})", value, value, "‖g‖")


def _nth(cell: Cell) -> Value:
    """The operand that became this output: a function of many tensors takes them one by one."""
    return cell.cycle.inputs[cell.output]


def _stacked(cell: Cell) -> Found:
    value = float(cell.read(cell.cycle.inputs[cell.where[0]]))
    return Found(f"‖g{cell.where[0]}‖", value, 0.0, "y")


def _scaled(cell: Cell) -> Found:
    value = float(cell.read(_nth(cell), *cell.where))
    by = float(cell.read(cell.cycle.inputs[-1]))
    return Found(f"{number(value)} × {factor(by)}", value * by, 0.0, "g")


_CLIP: dict[str, Rule] = {
    "clip.norms": _norm,
    "clip.norms.stack": _stacked,
    "clip.total_norm": _norm,
    "clip.scale": _scaled,
}


# -- the optimizers ----------------------------------------------------------------------------


def _plain(cell: Cell, *names: str) -> None:
    """None of the variants `names` of an algorithm is chosen."""
    if any(cell.argument(name) for name in names):
        raise ValueError("a variant")


def _setting(cell: Cell, name: str) -> float:
    return float(cell.argument(name, 0.0))


def _before(cell: Cell, name: str) -> float | None:
    """What the optimizer remembered at this cell; None in the first step."""
    value = operand(cell.cycle, name)
    return None if value is None else float(cell.read(value, *cell.where))


def _here(cell: Cell, name: str) -> float:
    value = operand(cell.cycle, name)
    if value is None:
        raise LookupError(name)
    return float(cell.read(value, *cell.where))


def _after(cell: Cell, name: str) -> float:
    """What the cycle wrote under `name`, at this cell or, a single number, at all."""
    value = next(v for v in cell.cycle.outputs if v.name == name)
    return float(cell.read(value, *(cell.where if value.shape else ())))


def _gradient(cell: Cell, decays: bool) -> float:
    """The gradient, to which Adam and SGD add the decay."""
    g = _here(cell, "gradient")
    return g + _setting(cell, "weight_decay") * _here(cell, "value") if decays else g


def _first_moment(decays: bool) -> Rule:
    def rule(cell: Cell) -> Found:
        beta, old = cell.argument("betas")[0], _before(cell, "exp_avg") or 0.0
        g = _gradient(cell, decays)
        text = f"{number(beta)}·{factor(old)} + {number(1 - beta)}·{factor(g)}"
        return Found(text, beta * old + (1 - beta) * g, abs(old) + abs(g), "m")

    return rule


def _second_moment(decays: bool) -> Rule:
    def rule(cell: Cell) -> Found:
        beta, old = cell.argument("betas")[1], _before(cell, "exp_avg_sq") or 0.0
        g = _gradient(cell, decays)
        text = f"{number(beta)}·{number(old)} + {number(1 - beta)}·{factor(g)}²"
        return Found(text, beta * old + (1 - beta) * g * g, 0.0, "v")

    return rule


def _count(cell: Cell) -> Found:
    old = _before(cell, "step") or 0.0
    return Found(f"{number(old)} + 1", old + 1, 0.0, "t")


def _adam(decoupled: bool) -> Rule:
    def rule(cell: Cell) -> Found:
        _plain(cell, "amsgrad", "maximize")
        rate, decay = _setting(cell, "lr"), _setting(cell, "weight_decay")
        beta1, beta2 = cell.argument("betas")
        w, t = _here(cell, "value"), _after(cell, "step")
        m = _after(cell, "exp_avg") / (1 - beta1**t)
        root = math.sqrt(_after(cell, "exp_avg_sq") / (1 - beta2**t))
        eps = _setting(cell, "eps")
        shrunk = w - rate * decay * w if decoupled else w
        text = f"{number(w)} − {number(rate)} · {factor(m)} / ({number(root)} + {number(eps)})"
        if decoupled and decay:
            text = f"{number(w)} · (1 − {number(rate)}·{number(decay)})" + text[len(number(w)) :]
        return Found(text, shrunk - rate * m / (root + eps), abs(w) + rate, "θ'")

    return rule


def _buffer(cell: Cell) -> Found:
    _plain(cell, "maximize")
    g, old, mu = _gradient(cell, True), _before(cell, "momentum_buffer"), _setting(cell, "momentum")
    if old is None:
        return Found(number(g), g, abs(g), "b")
    if _setting(cell, "dampening"):
        raise ValueError("damped")
    return Found(f"{number(mu)}·{factor(old)} + {factor(g)}", mu * old + g, abs(old) + abs(g), "b")


def _sgd(cell: Cell) -> Found:
    _plain(cell, "nesterov", "maximize")
    rate, decay, w = _setting(cell, "lr"), _setting(cell, "weight_decay"), _here(cell, "value")
    if _setting(cell, "momentum"):
        b = _after(cell, "momentum_buffer")
        return Found(f"{number(w)} − {number(rate)}·{factor(b)}", w - rate * b, abs(w), "θ'")
    g = _here(cell, "gradient")
    inner = f"({number(g)} + {number(decay)}·{factor(w)})" if decay else factor(g)
    return Found(f"{number(w)} − {number(rate)}·{inner}", w - rate * (g + decay * w), abs(w), "θ'")


# -- the schedule ------------------------------------------------------------------------------


def _schedule(cell: Cell) -> Found:
    """The learning rate of the next step, by the schedules of transformers that are told here."""
    kind, at = cell.argument("schedule"), int(cell.argument("next", -1))
    base = float(cell.argument("base_lrs")[cell.where[0]])
    rising, steps = int(cell.argument("warmup", 0)), int(cell.argument("steps", 0))
    if kind not in ("constant", "constant_with_warmup", "linear", "cosine") or at < 0:
        raise LookupError(kind)
    if kind != "constant" and at < rising:
        return Found(f"{number(base)} · {at} / {rising}", base * at / rising, 0.0, "η")
    if kind.startswith("constant"):
        return Found(number(base), base, 0.0, "η")
    falling = max(1, steps - rising)
    if kind == "linear":
        share = max(0.0, (steps - at) / falling)
        over = f"{number(base)} · ({steps} − {at}) / {falling}" if share else "0"
        return Found(over, base * share, 0.0, "η")
    share = max(0.0, (1 + math.cos(math.pi * (at - rising) / falling)) / 2)
    text = f"{number(base)} · (1 + cos(π · {at - rising} / {falling})) / 2"
    return Found(text, base * share, base, "η")


_OPTIMIZERS: dict[str, dict[str, Rule]] = {
    "AdamW": {
        "value": _adam(True),
        "step": _count,
        "exp_avg": _first_moment(False),
        "exp_avg_sq": _second_moment(False),
    },
    "Adam": {
        "value": _adam(False),
        "step": _count,
        "exp_avg": _first_moment(True),
        "exp_avg_sq": _second_moment(True),
    },
    "SGD": {"value": _sgd, "momentum_buffer": _buffer},
}
