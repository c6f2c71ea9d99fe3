"""The commands. Importing this makes them known to `cyclesim.cli.app`, in the order of the help."""

from cyclesim.cli.commands import running  # isort: skip
from cyclesim.cli.commands import saved  # isort: skip
from cyclesim.cli.commands import serving  # isort: skip
from cyclesim.cli.commands import comparing  # isort: skip
from cyclesim.cli.commands import training  # isort: skip
from cyclesim.cli.commands import listing  # isort: skip

__all__ = ["comparing", "listing", "running", "saved", "serving", "training"]
