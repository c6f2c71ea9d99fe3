"""Unit and step name of a computation, in the field's words.

A name is read off where the call stands: the classes and names of the modules that were executing,
the torch function, the Python function that called it, the weights and cycles it reads, and what
the same attention has computed before. What these rules do not know is called `other` and keeps
its torch name; nothing is guessed.

The rules read the architectures' own vocabulary (BERT's `query`, DistilBERT's `q_lin`, Llama's
`q_proj`), so a new family usually needs a word in `words.py` and no code elsewhere. One file for
each concern: `attention`, `positions` (rotary, relative), `norm`, `block`, `head`, `embedding`.
"""

from cyclesim.engine.building.naming.namer import Namer
from cyclesim.engine.building.naming.seen import Name, Seen

__all__ = ["Name", "Namer", "Seen"]
