"""Generating a text, token by token: a program of many model calls with the steps between them.

settings    what a user can say: how many tokens, greedy, sampled or beams, when to stop
library     what transformers' own `generate` makes of that for a model
sequence    what tokens are called, and when a text ends
text        the text that grows, and the answer
begin       what comes before the first token: an encoder reads
choosing    from logits to the next token, a cycle for each step
decoder     what the model is given for each token, and its key-value cache
beam        several sequences side by side
loop        the program: prefill, then a decode step for every token
"""

from cyclesim.machine.generation.loop import generate
from cyclesim.machine.generation.settings import Generation

__all__ = ["Generation", "generate"]
