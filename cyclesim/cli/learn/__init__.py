"""`cyclesim learn`: the lessons, from the shell.

`cyclesim learn 4` is short for `cyclesim learn open 4`. Importing this makes its commands known to
`cyclesim.cli.learn.app`, in the order of the help.
"""

from cyclesim.cli.learn import students  # isort: skip
from cyclesim.cli.learn import teachers  # isort: skip
from cyclesim.cli.learn import authors  # isort: skip
from cyclesim.cli.learn.app import app

__all__ = ["app", "authors", "students", "teachers"]
