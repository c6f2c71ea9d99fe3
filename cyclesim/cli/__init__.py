"""The shell commands: a few lines each, over the public face.

`commands` has them, by what they are for, and `learn` those of the lessons; `options` has what
several of them take, by what it decides; `invoke` finds the command that a line names.
"""

from cyclesim.cli.invoke import command_tree, main

__all__ = ["command_tree", "main"]
