"""The answer if the clock stopped here: what the model's own head would say of a hidden state.

A hidden state in the middle of the model is put in the place of the last block's output, and the
model's own code runs on from there: its pooler, its final LayerNorm, its head, its output steps.
Nothing of a head is rebuilt here, so the answer is the real head's. It is a *probe*: no cycle of
the run, and not what the model would answer to any input.

Of a model that generates, each token has its own pass through the blocks: a hidden state is asked
about in the pass that it belongs to, and the answer is the token that would come next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from cyclesim.engine.recording.data import TorchData, value_of
from cyclesim.engine.recording.events import AnyEvent, Event, Node
from cyclesim.engine.running.replay import rebuild
from cyclesim.engine.running.run import Run
from cyclesim.engine.running.verdict import output_tensors
from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine import HostStep, Machine
from cyclesim.trace import Cycle, Value
from cyclesim.trace.answer import said

__all__ = ["Answer", "Probe"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the head says of one hidden state.

    Attributes:
        number: the cycle whose output was probed.
        layer: the block it belongs to; None for the embeddings.
        results: as `Trace.results`, by the same output steps.
        logits: the first output tensor of the model, marked as a probe.
    """

    number: int
    layer: int | None
    results: tuple[Mapping[str, Any], ...]
    logits: Value

    @property
    def result(self) -> Mapping[str, Any]:
        """The answer to the first prompt, as `Trace.result`."""
        return self.results[0] if self.results else {}


class Probe:
    """Asks a model's head about hidden states of its runs on one input.

    It makes one recorded run of its own, which is part of no trace.

    Args:
        machine: from `cyclesim.load`, or any module with repeated blocks.
        text, inputs: one of the two, as for `cyclesim.trace`.

    Raises:
        CyclesimError: the model has no repeated blocks to take a hidden state from.

    Example:
        >>> probe = cyclesim.Probe(machine, text)
        >>> for answer in probe.over_layers():
        ...     print(answer.layer, len(answer.result["entities"]) > 0)
        None ...
        0 True
        1 True
        2 True
        3 True
    """

    def __init__(
        self, machine: Machine | torch.nn.Module, text: Any = None, *, inputs: Any = None
    ) -> None:
        self._run = Run(Machine.of(machine), text, inputs, resumable=True)
        self._run.state.note()
        try:
            with self._run.state.again():
                self._run.execute()
        finally:
            self._run.close(resumable=True)
        blocks = [c for c in self._run.trace.cycles if c.layer is not None]
        if not blocks:
            raise CyclesimError(
                tr("this model has no repeated blocks, so there is nothing to probe.")
            )
        # An encoder works for no token in particular: of a generation, the decoder is asked.
        generated = any(c.token is not None for c in blocks)
        self._last = {c.token: c for c in blocks if (c.token is not None) == generated}

    @property
    def hidden_states(self) -> list[Cycle]:
        """The last cycle before the first block and of each block: what can be probed.

        Of an encoder–decoder these are the decoder's: its head reads no encoder state. Of a model
        that generates they are those of each token's pass, in order.
        """
        return [cycle for token in self._last for cycle in self._states(token)]

    def _states(self, token: int | None) -> list[Cycle]:
        """The hidden states of one pass through the blocks."""
        last = self._last[token]
        shape = last.outputs[0].shape
        blocks = _blocks(last)
        whole = blocks.rpartition(".")[0]  # the decoder, where there are two
        cycles = [c for c in self._run.trace.cycles[: last.number + 1] if c.token == token]
        two = any(c.layer is not None and _blocks(c) != blocks for c in cycles)
        ends: dict[int | None, Cycle] = {}
        for cycle in cycles:
            if not cycle.stack or not cycle.outputs or cycle.outputs[0].shape != shape:
                continue
            if cycle.layer is not None and _blocks(cycle) == blocks:
                ends[cycle.layer] = cycle
            elif len(ends) == (None in ends) and (not two or cycle.path.startswith(whole)):
                ends[None] = cycle
        return list(ends.values())

    @property
    def names_tokens(self) -> bool:
        """Whether the head says which token is likeliest, as that of a language model does."""
        model = self._run.machine.model
        head = getattr(model, "get_output_embeddings", lambda: None)()
        return head is not None and self._run.machine.tokenizer is not None

    def top_tokens(self, answer: Answer, k: int = 5) -> list[list[list[tuple[str | int, float]]]]:
        """The likeliest tokens of a language model's answer, with their probabilities.

        Returns, for each sequence and position, the `k` best as (token, probability); tokens are
        ids where the machine has no tokenizer.
        """
        probabilities = torch.softmax(torch.from_numpy(answer.logits.numpy()).double(), dim=-1)
        best = probabilities.topk(min(k, probabilities.shape[-1]), dim=-1)

        def named(ids: list[int], shares: list[float]) -> list[tuple[str | int, float]]:
            return [(self._token(i), p) for i, p in zip(ids, shares, strict=True)]

        return [
            [named(*at) for at in zip(*row, strict=True)]
            for row in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        ]

    def changes(self) -> Callable[[Cycle], bool]:
        """A condition for `Clock.run_to` or a breakpoint: the answer differs from the one before.

        Asked of every cycle in order; only hidden states are probed.
        """
        numbers = {c.number for c in self.hidden_states}
        last: list[Any] = []

        def answer_changed(cycle: Cycle) -> bool:
            if cycle.number not in numbers:
                return False
            now = [said(result) for result in self.at(cycle).results]
            changed = bool(last) and last[0] != now
            last[:] = [now]
            return changed

        return answer_changed

    def over_layers(self) -> list[Answer]:
        """The answers of all hidden states, from the embeddings to the last block."""
        return [self.at(cycle) for cycle in self.hidden_states]

    def at(self, cycle: Cycle) -> Answer:
        """What the head would say of the output of `cycle`, of this or another run of the model.

        Raises:
            CyclesimError: it is no hidden state: its shape is not that of the last block's output.
        """
        hidden = cycle.outputs[0]
        last = self._last.get(cycle.token)
        if last is None or hidden.shape != last.outputs[0].shape:
            known = sorted({c.outputs[0].shape for c in self._last.values()})
            told = tr(
                "cycle {number} ({step}) wrote {shape}, which is no hidden state: those are "
                "{known}."
            )
            shapes = tr(" or ").join(str(list(shape)) for shape in known)
            raise CyclesimError(
                told.format(
                    number=cycle.number, step=cycle.step, shape=list(hidden.shape), known=shapes
                )
            )
        if not isinstance(hidden.data, TorchData):
            told = tr("the values of cycle {number} were not kept.")
            raise CyclesimError(told.format(number=cycle.number))
        gate = _Substitute(last.number, hidden.data.tensor)
        with self._run.state.again():
            run = Run(
                self._run.machine,
                self._run.text,
                self._run.inputs,
                gate=gate,
                resume=(self._run, last.number),
            )
            gate.run = run
            try:
                run.execute()
            except _Enough:
                pass
            finally:
                run.close()
        logits = value_of("logits", next(output_tensors(run.outputs.parts[-1])), kind="probe")
        results = run.trace.results if cycle.token is None else (self._next(logits),)
        return Answer(cycle.number, cycle.layer, results, logits)

    def _next(self, logits: Value) -> Mapping[str, Any]:
        """The token that would come next, and its probability among all."""
        scores = torch.from_numpy(logits.numpy((0, -1))).double()
        index = int(scores.argmax())
        score = float(torch.softmax(scores, dim=-1)[index])
        return {"token": self._token(index), "score": score}

    def _token(self, index: int) -> str | int:
        tokenizer = self._run.machine.tokenizer
        return index if tokenizer is None else str(tokenizer.convert_ids_to_tokens(index))


class _Enough(BaseException):
    """Ends a run whose answer is known: what the model would generate next is not asked."""


def _blocks(cycle: Cycle) -> str:
    """The list that the cycle's block is in: `encoder.layer`."""
    names = (c.path.rpartition(".") for c in cycle.stack if not c.leaf)
    return next((prefix for prefix, _, last in names if last.isdigit()), "")


class _Substitute:
    """A gate that hands on another tensor as the output of one cycle."""

    def __init__(self, number: int, tensor: torch.Tensor) -> None:
        self.run: Run | None = None
        self._number = number
        self._tensor = tensor
        self._put = False

    def before(self, node: Node | None, call: Any, args: tuple[Any, ...]) -> None:
        if self._put and isinstance(call, HostStep) and call.token is not None:
            raise _Enough

    def after(self, event: AnyEvent) -> AnyEvent:
        assert self.run is not None
        new = self.run.builder.update()
        if new and new[-1].number == self._number and isinstance(event, Event):
            self._put = True
            output = rebuild(event.output, [self._tensor])
            return event._replace(output=output, edits=(self._tensor,))
        return event
