"""Operations whose cost is a number of FLOPs per element, or none at all. Data, to be read.

Everything here is a convention, not a measurement: `exp` costs a processor more than `add`, but a
count that depends on the processor could not be compared between two of them.
"""

from __future__ import annotations

__all__ = ["FREE", "PER_INPUT", "PER_OUTPUT"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: One FLOP for each element of the output: arithmetic, comparisons, masks, and functions of one
#: number that a maths library gives in one call.
_ONE = _words(
    """
    add sub mul div remainder fmod floor_divide pow square sqrt rsqrt reciprocal neg abs sign exp
    exp2 expm1 log log1p log2 log10 sin cos tan asin acos atan atan2 sinh cosh erf erfc erfinv
    sigmoid tanh logit floor ceil round trunc frac clamp clamp_min clamp_max relu threshold
    hardtanh relu6 maximum minimum fmax fmin lerp hypot float_power logaddexp
    eq ne lt le gt ge isnan isinf isfinite isclose logical_and logical_or logical_xor logical_not
    bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift
    where masked_fill masked_scatter nan_to_num cumsum cumprod cummax cummin logcumsumexp dropout
    feature_dropout alpha_dropout heaviside copysign positive foreach_mul
    """
)

#: FLOPs for each element of the output.
PER_OUTPUT: dict[str, int] = {
    **dict.fromkeys(_ONE, 1),
    # x·p + (1 − p)·y, and the like: one multiply, one add.
    **dict.fromkeys(_words("addcmul addcdiv leaky_relu prelu hardsigmoid logsigmoid softsign"), 2),
    "silu": 2,  # x · sigmoid(x)
    "swish": 2,
    "softplus": 3,  # log(1 + exp(x))
    "elu": 3,
    "selu": 3,
    "celu": 3,
    "hardswish": 3,
    "mish": 4,  # x · tanh(softplus(x)) with softplus as log1p(exp(x))
    "gelu": 8,
    "glu": 2,
    # max, subtract, exp, sum, divide
    **dict.fromkeys(_words("softmax softmin log_softmax gumbel_softmax"), 5),
    # sum, mean; subtract, square, sum; rsqrt·multiply; scale; shift
    **dict.fromkeys(_words("layer_norm native_layer_norm group_norm instance_norm"), 8),
    "batch_norm": 4,  # running statistics: subtract, multiply, scale, shift
    "rms_norm": 4,  # square, sum, multiply by 1/rms, scale
    "normalize": 3,
}

#: FLOPs for each element of the first input: reductions, which read more than they write.
PER_INPUT: dict[str, int] = {
    **dict.fromkeys(
        _words(
            """
            sum mean nansum nanmean prod max min amax amin argmax argmin all any count_nonzero
            aminmax median mode trace logsumexp_max avg_pool1d avg_pool2d max_pool1d max_pool2d
            max_pool1d_with_indices max_pool2d_with_indices
            adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool1d adaptive_max_pool2d
            """
        ),
        1,
    ),
    **dict.fromkeys(_words("norm vector_norm linalg_vector_norm linalg_norm foreach_norm"), 2),
    "logsumexp": 4,
    **dict.fromkeys(_words("var std var_mean std_mean"), 4),
    "cosine_similarity": 6,
    **dict.fromkeys(_words("mse_loss l1_loss smooth_l1_loss"), 3),
    **dict.fromkeys(_words("cross_entropy nll_loss"), 6),
    **dict.fromkeys(_words("binary_cross_entropy binary_cross_entropy_with_logits kl_div"), 5),
}

#: They move, make or look up data, or rearrange it, and compute no floating-point number.
FREE: frozenset[str] = _words(
    """
    embedding gather take take_along_dim index index_select masked_select getitem setitem
    index_put index_copy index_fill scatter nonzero unique unique_consecutive
    argsort sort topk kthvalue searchsorted bucketize isin
    cat stack hstack vstack dstack repeat repeat_interleave tile roll flip fliplr flipud rot90 pad
    clone copy to type type_as float double half bfloat16 long int short bool char byte cpu cuda
    contiguous view reshape expand expand_as permute transpose t unsqueeze squeeze flatten
    split chunk unbind narrow select slice diagonal detach alias view_as movedim swapaxes
    broadcast_to broadcast_tensors unflatten unfold as_strided
    zeros ones full empty zeros_like ones_like full_like empty_like new_zeros new_ones new_full
    new_empty new_tensor tensor as_tensor scalar_tensor from_numpy eye arange linspace fill zero
    tril triu tril_indices triu_indices diag diag_embed meshgrid one_hot cartesian_prod
    rand randn randint rand_like randn_like randperm bernoulli multinomial normal uniform
    item tolist numpy manual_seed identity get set delitem
    tokenize encode decode batch_decode convert_tokens_to_ids convert_ids_to_tokens
    build_inputs_with_special_tokens create_token_type_ids_from_sequences truncate
    truncate_sequences prepare_for_model post_process inputs merge_entities
    """
)
