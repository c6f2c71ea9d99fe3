"""The vocabularies of the architectures, and the torch functions by kind. Data, to be read."""

from __future__ import annotations

#: Last part of the path of a linear layer in an attention, or of its weight.
PROJECTIONS = {
    "query": "query", "q_lin": "query", "q_proj": "query", "q": "query", "wq": "query",
    "query_proj": "query",
    "key": "key", "k_lin": "key", "k_proj": "key", "k": "key", "wk": "key", "key_proj": "key",
    "value": "value", "v_lin": "value", "v_proj": "value", "v": "value", "wv": "value",
    "value_proj": "value",
    "c_attn": "query_key_value", "query_key_value": "query_key_value", "Wqkv": "query_key_value",
    "qkv_proj": "query_key_value", "in_proj": "query_key_value",
    "pos_key_proj": "position_key", "pos_query_proj": "position_query",
}  # fmt: skip
#: XLNet multiplies with bare weights instead of calling a linear layer.
BARE_PROJECTIONS = {
    "q": "query", "k": "key", "v": "value", "r": "position_key", "o": "output.dense",
}  # fmt: skip
#: XLNet's learned vectors that are added to the query (Dai et al. 2019, section 3.3: u and v).
QUERY_BIASES = {
    "r_w_bias": "query.content_bias", "r_r_bias": "query.position_bias",
    "r_s_bias": "query.segment_bias",
}  # fmt: skip
ATTENTION_OUT = {"out_lin", "o_proj", "out_proj", "o", "c_proj", "dense", "Wo"}
EMBEDDINGS = {
    "word_embeddings": "word_embeddings", "embed_tokens": "word_embeddings",
    "wte": "word_embeddings", "word_embedding": "word_embeddings", "shared": "word_embeddings",
    "tok_embeddings": "word_embeddings", "embed_in": "word_embeddings",
    "position_embeddings": "position_embeddings", "wpe": "position_embeddings",
    "embed_positions": "position_embeddings",
    "token_type_embeddings": "token_type_embeddings",
    "relative_attention_bias": "relative_attention_bias",
    "embeddings_project": "embeddings_project", "project_in": "embeddings_project",
    "embedding_hidden_mapping_in": "embeddings_project",
}  # fmt: skip
#: A gated feed-forward network has two linear layers side by side, often in one matrix.
GATES = {
    "gate_proj": "gate", "wi_0": "gate", "up_proj": "up", "wi_1": "up", "gate_up_proj": "gate_up",
}  # fmt: skip
#: Classes whose first linear layer is gate and up in one, though its name does not say so.
FUSED_GATES = {"ModernBertMLP"}
FFN = ("ffn", "mlp", "feedforward", "feed_forward", "densereludense")
FFN_IN = {"lin1", "fc1", "wi", "c_fc", "dense_h_to_4h", "ffn", "Wi", "layer_1"}
FFN_OUT = {"lin2", "fc2", "wo", "c_proj", "dense_4h_to_h", "ffn_output", "down_proj", "Wo",
           "layer_2"}  # fmt: skip
HEADS = {
    "classifier", "qa_outputs", "lm_head", "score", "cls", "pre_classifier", "vocab_transform",
    "vocab_projector", "vocab_layer_norm", "generator_predictions", "generator_lm_head",
    "discriminator_predictions", "predictions", "classification_head", "logits_proj", "head",
    "embed_out", "project_out", "lm_loss",
}  # fmt: skip
LAST_OF_HEAD = {"classifier", "out_proj", "qa_outputs", "lm_head", "score", "decoder",
                "vocab_projector", "generator_lm_head", "dense_prediction", "logits_proj",
                "seq_relationship", "embed_out", "lm_loss"}  # fmt: skip
#: Normalisations that their name does not give away as root mean square norms.
RMS_NORMS = ("RMSNorm", "T5LayerNorm")

ACTIVATIONS = {
    "gelu", "relu", "tanh", "silu", "sigmoid", "mish", "leaky_relu", "relu6", "elu", "selu",
    "hardtanh", "hardswish", "softplus", "quick_gelu", "hardsigmoid", "logsigmoid", "prelu",
    "relu_", "silu_",
}  # fmt: skip
MATMULS = {"matmul", "bmm", "baddbmm", "__matmul__", "einsum"}
LINEARS = {"linear", "addmm"}
MULTIPLIES = {"mul", "__mul__", "__rmul__", "mul_"}
DIVIDES = {"div", "__truediv__", "div_", "true_divide"}
SCALES = MULTIPLIES | DIVIDES
ADDS = {"add", "__add__", "__radd__", "add_", "__iadd__"}
FILLS = {"masked_fill", "masked_fill_", "where"}
DROPOUTS = {"dropout", "dropout_", "alpha_dropout", "feature_dropout"}
FUSED = {"scaled_dot_product_attention", "multi_head_attention_forward"}
CASTS = {"to", "float", "half", "bfloat16", "type", "type_as", "bool", "int", "long"}
