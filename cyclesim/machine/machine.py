"""What runs: a model, its tokenizer and its task, unmodified."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.catalog import EMBEDDED
from cyclesim.machine.encoding import Encoding, given
from cyclesim.machine.generation import Generation
from cyclesim.machine.steps import ModelCall, Program, Steps
from cyclesim.machine.tasks import FIELDS, Results, Task, task_for
from cyclesim.trace import Header, prompts_of

__all__ = ["Machine"]


@dataclass
class Machine:
    """A model ready to run.

    Attributes:
        model: any `torch.nn.Module`; used as it is.
        tokenizer: a fast Hugging Face tokenizer, or None for a model fed with tensors.
        name: how the model is called on screen.
        task: what its output means.
        max_length: longest sequence, in tokens with the special ones; longer texts are cut; None
            for no limit.
        pad_to: pad every sequence to this many tokens; None for no padding.
        random_weights: nobody trained the weights: what it answers means nothing.
        generation: how a text is generated; None for the usual way.
        updates: folders that the model was saved in with updated weights (`Training.keep_update`).
    """

    model: torch.nn.Module
    tokenizer: Any = None
    name: str = ""
    task: Task = field(default_factory=Task)
    max_length: int | None = None
    pad_to: int | None = None
    random_weights: bool = False
    generation: Generation | None = None
    updates: set[Path] = field(default_factory=set, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.name = self.name or type(self.model).__name__
        if _is_compiled(self.model):
            self.name += " (compiled, run in its original form)"

    @classmethod
    def of(
        cls, model: torch.nn.Module | Machine, tokenizer: Any = None, task: str | None = None
    ) -> Machine:
        """`model` itself if it is a machine already, else a machine around it.

        Raises:
            CyclesimError: the model has no head for `task`.
        """
        if isinstance(model, Machine):
            return model
        config = getattr(model, "config", None)
        name = getattr(config, "name_or_path", "") or type(model).__name__
        made = cls(model, tokenizer, name=name, task=task_for(model, task, tokenizer=tokenizer))
        made.max_length = made.longest
        return made

    def limited(self, max_length: int | None = None, pad_to: int | None = None) -> Machine:
        """This machine, with texts cut to `max_length` tokens and padded to `pad_to`.

        Without `max_length` they are cut to what the model has positions for.

        Raises:
            CyclesimError: the model has no room for that many, or the number makes no sense.
        """
        longest = self.longest
        for option, wanted in (("max-length", max_length), ("pad-to", pad_to)):
            if wanted is not None and wanted < 1:
                raise CyclesimError(
                    tr("--{option} {wanted} makes no sense: give 3 or more tokens.").format(
                        option=option, wanted=wanted
                    )
                )
            if wanted is not None and longest is not None and wanted > longest:
                raise CyclesimError(
                    tr(
                        "--{option} {wanted} is more than the {longest} positions of {name}."
                    ).format(option=option, wanted=wanted, longest=longest, name=self.name)
                )
        self.max_length = longest if max_length is None else max_length
        self.pad_to = pad_to
        return self

    def with_generation(self, generation: Generation | None = None, **settings: Any) -> Machine:
        """The same machine, which generates texts in another way.

        Args:
            generation: the settings; or give them one by one, on top of those there are.

        Raises:
            CyclesimError: a setting is unknown or makes no sense.

        Example:
            >>> warm = machine.with_generation(temperature=0.7, top_k=20, seed=3)
            >>> warm.generation.sampled, warm.model is machine.model
            (True, True)
        """
        if generation is None:
            now = {} if self.generation is None else asdict(self.generation)
            generation = Generation.of({**now, **settings})
        made = replace(self, generation=Generation.of(generation))
        made.name = self.name
        return made

    @property
    def positions(self) -> int | None:
        """How many positions the model's own config has; None where it says none."""
        config = getattr(self.model, "config", None)
        positions = getattr(config, "max_position_embeddings", None)
        if not isinstance(positions, int) or positions < 1:
            return None
        if _positions_start_after_padding(self.model):
            positions -= (getattr(config, "pad_token_id", None) or 0) + 1
        return positions

    @property
    def longest(self) -> int | None:
        """How many tokens the model has positions for, as model and tokenizer say; None for any."""
        limits = [self.positions, getattr(self.tokenizer, "model_max_length", None)]
        # A tokenizer that knows no limit says 10**30; some configs say -1.
        known = [int(n) for n in limits if n is not None and 0 < n < 10**9]
        return min(known, default=None)

    @property
    def device(self) -> torch.device:
        """Where the first parameter is; the CPU for a model without parameters."""
        first = next((p for p in self.model.parameters()), None)
        return first.device if first is not None else torch.device("cpu")

    @property
    def dtype(self) -> str:
        """Type of the first floating-point parameter."""
        kinds = (p.dtype for p in self.model.parameters() if p.is_floating_point())
        return str(next(kinds, torch.float32)).removeprefix("torch.")

    @property
    def attention(self) -> str:
        """The attention implementation (`eager`, `sdpa`), or "" where the model has no choice."""
        config = getattr(self.model, "config", None)
        return str(getattr(config, "_attn_implementation", None) or "")

    @property
    def inputs(self) -> dict[str, str]:
        """What the task reads: the fields of a prompt, and how each is given.

        Example:
            >>> list(machine.inputs)
            ['text']
        """
        needs, takes = self.task.needs, self.task.takes
        optional = tr("{what} ({how}), if you like")
        required = tr("{what} ({how})")
        return {
            name: (required if name in needs else optional).format(
                what=tr(FIELDS[name].what), how=tr(FIELDS[name].how)
            )
            for name in (*needs, *takes)
        }

    @property
    def example(self) -> Any:
        """Something for the machine to read: what the catalog has for it, or its task."""
        known = EMBEDDED.get(self.name)
        return known.example if known is not None else self.task.example(self.tokenizer)

    def preprocess(self, text: Any, inputs: Any = None) -> Steps[Encoding]:
        """The steps from `text` (or ready-made `inputs`) to the model's input tensors.

        Args:
            text: a text, two as a tuple, a mapping such as `{"question": …, "context": …}`, a
                `Prompt`, or a list of these, which is a batch.
            inputs: keyword tensors (a mapping), positional ones (a tuple) or one tensor, instead.
        """
        if inputs is not None:
            return given(inputs, self.device)
        return self.task.preprocess(
            prompts_of(text),
            self.tokenizer,
            self.device,
            max_length=self.max_length if self.task.cuts else self._asked_length,
            pad_to=self.pad_to,
        )

    @property
    def _asked_length(self) -> int | None:
        """The limit on the length, if somebody asked for one below what the model has room for."""
        return self.max_length if self.max_length != self.longest else None

    def forward(self, encoding: Encoding) -> Any:
        """Run the model, without gradients, on an encoding's tensors."""
        with self.quiet():
            return self.model(*encoding.args, **encoding.inputs)

    def program(self, encoding: Encoding) -> Program[Results]:
        """Everything after preprocessing: calls of the model, and steps up to the answers."""
        return self.task.program(self, encoding)

    def call(self, call: ModelCall) -> Any:
        """Do one call of a program, without gradients."""
        with self.quiet():
            return self.model.get_submodule(call.module)(*call.args, **call.inputs)

    def decode(self, encoding: Encoding, outputs: Any) -> Steps[Results]:
        """The steps from the model's outputs to the answers."""
        return self.task.decode(encoding, outputs, self.tokenizer)

    def header(self, text: Any = None) -> Header:
        """What a trace says about this machine, and about what it is given to read."""
        return Header(
            model=self.name,
            task=self.task.name,
            device=str(self.device),
            dtype=self.dtype,
            attention=self.attention,
            text=prompts_of(text)[0].text if text is not None else None,
            labels=self.task.labels,
            parameters=sum(p.numel() for p in self.model.parameters()),
        )

    def quiet(self) -> AbstractContextManager[Any]:
        """What the model runs in: no gradients, its original code, its own GPU."""
        # A thread inherits none of it: all are entered wherever the model runs.
        stack = ExitStack()
        stack.enter_context(torch.no_grad())
        if _is_compiled(self.model):
            # Compiled code has no steps to see: the original Python runs, traced and untraced.
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        if self.device.type == "cuda":
            stack.enter_context(torch.cuda.device(self.device))
        return stack


def _positions_start_after_padding(model: torch.nn.Module) -> bool:
    """RoBERTa numbers its positions from `padding_idx + 1`, so fewer of them can be used."""
    tables = (m for n, m in model.named_modules() if n.endswith("position_embeddings"))
    table = next(tables, None)
    return getattr(table, "padding_idx", None) is not None


def _is_compiled(model: torch.nn.Module) -> bool:
    """Whether any module of `model` is."""
    # Asked at every forward: `modules()` and `hasattr` would take a millisecond each.
    waiting, known = [model], {model}
    for module in waiting:
        if "_orig_mod" in module._modules or module._compiled_call_impl is not None:
            return True
        for _, child in module._modules.items():  # a scripted module's `values` are no modules
            if child is not None and child not in known:
                known.add(child)
                waiting.append(child)
    return False
