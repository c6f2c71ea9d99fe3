"""Conditions on a cycle: the one language of `Trace.find`, breakpoints, `/` and `--where`.

    unit == "attention" and step == "softmax" and max > 0.9
    nan or inf                              an output holds a NaN or an infinity
    softmax and layer 3 and entropy < 0.5   a bare word is a unit or a step
    rms_norm or rotary.query                … or what a step is a part of: `rotary.query.sum`
    decode and token 3                      … or a phase; the cycles that made generated token 3
    17 or layer 3 or cycle 40               17 is cycle 17; `layer 3` is `layer == 3`
    path ~ "*.attention.*" and time > 2ms   `~` is a pattern with *, ? and [abc]
    10 <= number < 20 and not nop           comparisons chain, as in Python
    op in ["linear", "matmul"] and 1MB < bytes_read

`compile_query` parses a text once; the `Query` it returns is called with cycles. Nothing is ever
evaluated as Python, and no regular expression is taken from the text: a pattern is a glob, which
takes time in proportion to pattern × path. Text and nesting are bounded, so a condition out of a
file or a web page can be run as it is.

The parser is written by hand (lexer, then recursive descent) and not a whitelist over Python's
`ast`, for the sake of the person who types: `layer 3`, `2ms`, `~` and `output.dense` as one word
are not Python, and every mistake, also one of meaning (`step > 3`), can point at its word and
propose the nearest one that exists.

**Comparing.** What a cycle does not have (the layer of an embedding, the entropy of a matmul, the
maximum of numbers that were not kept) is `none`: every order with it is false, and `== none` asks
for it. A NaN is in no order with anything either; `mean == nan` asks whether the mean is one.

**Cost.** Reading a tensor costs a thousand times more than reading a name. `and` and `or` ask
their cheap sides first, whatever the order in the text, and `Query.fields` and
`Query.reads_tensors` tell a clock beforehand what will be read.
"""

from cyclesim.trace.query.errors import QueryError, UnknownName
from cyclesim.trace.query.fields import FIELDS, Field
from cyclesim.trace.query.parser import MAX_LENGTH, MAX_NESTING, compile_query
from cyclesim.trace.query.query import Query

__all__ = [
    "FIELDS", "MAX_LENGTH", "MAX_NESTING", "Field", "Query", "QueryError", "UnknownName",
    "compile_query",
]  # fmt: skip
