"""Normalisations: layer norm, and root mean square norm in its parts."""

from cyclesim.explain.entry import Entry, Table
from cyclesim.language import N_

__all__ = ["NORMS"]

_LAYER = (
    "y = (x − μ) / √(σ² + ε) · γ + β",
    "y = (x - mean) / sqrt(var + eps) * gamma + beta",
    "Ba et al. 2016, eq. 4",
)
_RMS = "Zhang & Sennrich 2019, eq. 4"
_WHOLE = ("y = x / √(mean(x²) + ε) · γ", "y = x / sqrt(mean(x^2) + eps) * gamma", _RMS)

NORMS: Table = {
    "layernorm.layernorm:layer_norm": (
        Entry(
            N_(
                "Normalises the {width} numbers of {each_token} to mean 0 and variance 1, then "
                "scales and shifts each by a learned γ and β."
            ),
            *_LAYER,
        ),
        Entry(
            N_(
                "Normalises each vector of {width} numbers to mean 0 and variance 1, then scales "
                "and shifts each by a learned γ and β."
            ),
            *_LAYER,
        ),
    ),
    "layernorm.layernorm": (
        Entry(
            N_(
                "One part of a normalisation that is written out in several steps ({module}): "
                "`{op}` reads {read} and writes {written}."
            )
        ),
    ),
    "layernorm.rms_norm": (
        Entry(
            N_(
                "Divides the {width} numbers of {each_token} by their root mean square, then "
                "scales each by a learned γ."
            ),
            *_WHOLE,
        ),
    ),
    "layernorm.rms_norm.square": (
        Entry(
            N_(
                "Squares each of the {numbers}: the first step of RMSNorm, which divides a vector "
                "by its root mean square."
            ),
            "x²",
            "x^2",
            _RMS,
        ),
    ),
    "layernorm.rms_norm.mean": (
        Entry(
            N_("Averages the squares of each vector of {inner} numbers: its mean square, {out}."),
            "mean(x²) = Σᵢ xᵢ² / d",
            "mean(x^2) = sum_i x_i^2 / d",
            _RMS,
        ),
    ),
    "layernorm.rms_norm.eps": (
        Entry(
            N_("Adds the tiny {scalar} to each mean square, so that nothing is divided by 0."),
            "mean(x²) + ε",
            "mean(x^2) + eps",
            _RMS,
        ),
    ),
    "layernorm.rms_norm.rsqrt": (
        Entry(
            N_("Takes 1 / square root: what each vector is multiplied by, {out}."),
            "1 / √(mean(x²) + ε)",
            "1 / sqrt(mean(x^2) + eps)",
            _RMS,
        ),
    ),
    "layernorm.rms_norm.scale": (
        Entry(
            N_(
                "Divides each vector by its root mean square, so that all have the same length: "
                "{a} times {b}."
            ),
            "x̂ = x / √(mean(x²) + ε)",
            "x_hat = x / sqrt(mean(x^2) + eps)",
            _RMS,
        ),
    ),
    "layernorm.rms_norm.weight.plus_one": (
        Entry(
            N_("Adds 1 to the learned weights, which this model keeps as their distance from 1."),
            "γ = 1 + w",
            "gamma = 1 + w",
        ),
    ),
    "layernorm.rms_norm.weight": (
        Entry(
            N_("Scales each of the {width} channels by a learned γ: the end of RMSNorm."), *_WHOLE
        ),
    ),
    "layernorm.rms_norm.upcast": (
        Entry(N_("Goes over to float32, so that the squares do not lose precision: {out}.")),
    ),
    "layernorm.rms_norm.downcast": (Entry(N_("Goes back to the type of the model, {out}.")),),
}
