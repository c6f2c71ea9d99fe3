"""The loss, and the clipping of gradients."""

from __future__ import annotations

from cyclesim.engine.building.naming.place import Place
from cyclesim.engine.building.naming.seen import Name, Seen, plain

__all__ = ["in_learning"]

#: Functions that measure how far an answer is from what it should have been.
_LOSSES = frozenset(
    """
    cross_entropy nll_loss mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy
    binary_cross_entropy_with_logits kl_div ctc_loss cosine_embedding_loss hinge_embedding_loss
    margin_ranking_loss multi_margin_loss multilabel_margin_loss triplet_margin_loss
    gaussian_nll_loss poisson_nll_loss
    """.split()
)
#: The steps of `torch.nn.utils.clip_grad_norm_`, by its functions.
_CLIP = {
    "_foreach_norm": "clip.norms",
    "stack": "clip.norms.stack",
    "add": "clip.total_norm.eps",
    "clamp": "clip.coefficient",
    "_foreach_mul_": "clip.scale",
    "mul_": "clip.scale",
}


def in_learning(seen: Seen, place: Place) -> Name | None:
    """What a call does for the loss or for the optimizer, if anything."""
    if seen.file == "clip_grad.py":
        return Name("optimizer", _clip(seen))
    outside = not place.leaf  # a function of the user's
    if seen.op in _LOSSES or seen.file == "loss_utils.py" or outside:
        return Name("loss", "labels.shift" if seen.op == "pad" else plain(seen.op))
    return None


def _clip(seen: Seen) -> str:
    if seen.op == "linalg_vector_norm":
        # One for each gradient where they cannot be taken together, and one over all.
        return "clip.total_norm" if seen.reads_step("clip.norms") else "clip.norms"
    if seen.op in ("__rdiv__", "div", "rdiv", "__rtruediv__", "reciprocal"):
        return "clip.ratio"
    return _CLIP.get(seen.op, f"clip.{plain(seen.op)}")
