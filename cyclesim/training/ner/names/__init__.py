"""New names for training sentences: known, composed ("University of" + a town) or invented.

A file for each type of name; `Namer` finds the recipe of a kind.
"""

from cyclesim.training.ner.names.namer import Namer

__all__ = ["Namer"]
