"""The sentences that a comparison is told in: English in the data, translated where shown.

Whoever measures fills these forms, and `remark` finds them again. A failure of torch or of the
machine keeps its own words.
"""

from __future__ import annotations

from cyclesim.language import N_

__all__ = [
    "BATCHED", "COMPILED", "CONVERTED", "DRAWN", "FORMS", "GRAPHS", "NOTHING_CACHED",
    "NOT_COMPILED", "NO_CACHE", "NO_COMPILER", "NO_CYCLES", "NO_INT8", "NO_LENGTH", "NO_LINEAR",
    "NO_MEMORY", "NO_ROOM", "NO_TIMES", "ONE_TEXT", "OTHER_CYCLES", "OTHER_INPUT", "OTHER_WORK",
    "PREFILL", "QUANTIZED", "REPEATED", "REPEATED_EACH", "SAME", "SHARED", "STEPPED", "THREADS",
    "TOO_LONG", "TRACED", "UNSIZED", "UNTRACED",
]  # fmt: skip

STEPPED = N_("a clock stepped through every cycle, nobody waited for")
TRACED = N_("every cycle recorded, no pauses")
UNTRACED = N_("the machine's own setting, nothing watching")
SHARED = N_("same weights, {attention} attention")
SAME = N_("the baseline's own setting")
CONVERTED = N_("weights and floating-point inputs converted to {dtype}")
QUANTIZED = N_(
    "torchao {version}, {scheme}, linear layers with int8 weights: {count}, activations quantised "
    "as they come"
)
COMPILED = N_("torch.compile, {backend} backend, graphs: {graphs}, graph breaks: {breaks}")
GRAPHS = N_("torch.compile, {backend} backend, one graph")
THREADS = N_("threads of torch: {count}")
BATCHED = N_("the input repeated {count} times")
REPEATED = N_("the input's {tokens} tokens repeated or cut to {length}")
REPEATED_EACH = N_("the same tokens repeated or cut to each length; none is padding")
PREFILL = N_("one token is generated after each: the time is that of reading it")
NO_CACHE = N_("no key-value cache: every token computes all positions again")
DRAWN = N_("{count} random token ids, drawn with seed 0: there is no tokenizer")

OTHER_INPUT = N_("other input than the baseline's, so outputs are not compared")
NO_CYCLES = N_("compiled code is one opaque call: it has no cycles to compare")
OTHER_WORK = N_("a batch has the same cycles with other shapes: there is none to compare")
OTHER_CYCLES = N_("without a cache every token has other cycles: there are none to compare")

NOTHING_CACHED = N_("this run generates no text, so there is no cache to do without")
ONE_TEXT = N_("one text is generated at a time: there is no batch of it")
NO_INT8 = N_("torchao is not installed: pip install 'cyclesim[int8]'")
NO_LINEAR = N_("this model has no linear layer that torchao could quantise")
NOT_COMPILED = N_("torch.compile compiled nothing and ran the model as it is")
NO_COMPILER = N_("torch.compile found no C++ compiler that works: install one, such as g++")
NO_MEMORY = N_("there is not enough memory for it")
TOO_LONG = N_("{length} tokens are more than the {most} positions of this model")
NO_LENGTH = N_("this input is no sequence of tokens: it has no length to change")
NO_ROOM = N_("a length of {length} leaves no room beside the special tokens")
UNSIZED = N_("the input {name} of shape {shape} has no length")
NO_TIMES = N_(
    "this model calls other functions every time it runs, so its cycles have no times to compare"
)

#: Every form, the more particular first.
FORMS: tuple[str, ...] = (
    STEPPED, TRACED, UNTRACED, SAME, SHARED, CONVERTED, QUANTIZED, GRAPHS, COMPILED, THREADS,
    BATCHED, REPEATED, REPEATED_EACH, PREFILL, NO_CACHE, DRAWN, OTHER_INPUT, NO_CYCLES, OTHER_WORK,
    OTHER_CYCLES, NOTHING_CACHED, ONE_TEXT, NO_INT8, NO_LINEAR, NOT_COMPILED, NO_COMPILER,
    NO_MEMORY, TOO_LONG, NO_LENGTH, NO_ROOM, UNSIZED, NO_TIMES,
)  # fmt: skip
