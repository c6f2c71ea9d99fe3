"""The axes of what the input and output steps of the tasks write."""

from __future__ import annotations

__all__ = ["TASK_AXES", "TASK_CLASSES"]

_HIDDEN = ("batch", "token", "hidden")
_POOLED = ("batch", "hidden")
_SPANS = ("batch", "start", "end")
_TOKENS: dict[int, tuple[str, ...]] = {2: ("batch", "token")}

#: By `unit.step`, then by rank, of the first output.
TASK_AXES: dict[str, dict[int, tuple[str, ...]]] = {
    "input.entities": {2: ("entity", "start/end")},
    "input.markers": {2: ("marker", "start/end")},
    "input.tensors": {1: ("token",), 2: ("batch", "token"), 3: ("batch", "choice", "token")},
    "output.masks": {2: ("mask", "place")},
    "output.mask_logits": {2: ("mask", "vocabulary")},
    "output.top_k": {2: ("mask", "candidate")},
    "output.candidates": {2: ("mask", "candidate")},
    "output.norms": _TOKENS,
    "output.positions": _TOKENS,
    "output.start_mask": _TOKENS,
    "output.end_mask": _TOKENS,
    "output.start_probabilities": _TOKENS,
    "output.end_probabilities": _TOKENS,
    "output.span_scores": {3: _SPANS},
    "output.legal_spans": {3: _SPANS},
    "output.best_spans": {2: ("batch", "candidate"), 3: ("batch", "candidate", "start/end")},
    "output.answer": {2: ("candidate", "start/end")},
    "output.choice": {1: ("batch",)},
    "output.value": {2: ("batch", "label")},
    "output.pooling.mask": {3: _HIDDEN},
    "output.pooling.masked": {3: _HIDDEN},
    **{f"output.pooling.{p}": {2: _POOLED} for p in ("sum", "count", "mean", "cls", "max")},
    "output.normalize": {2: _POOLED},
    "output.similarity": {2: ("sentence", "other sentence")},
}

#: What the rows and the columns of the probabilities are, for each task where they are others
#: than texts and labels.
TASK_CLASSES: dict[str, tuple[str, str]] = {
    "fill-mask": ("mask", "vocabulary"),
    "multiple-choice": ("batch", "choice"),
    "token-classification": ("token", "label"),
}
