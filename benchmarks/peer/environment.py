"""Where each tool is installed: beside the torch and transformers that cyclesim runs on.

A tool that can be imported is used as it is. For any other there is a virtual environment of its
own in the cache folder, whose Python also finds the packages of the environment we run in. So torch
is neither fetched nor installed again, and pip is held to the versions there are: it picks the
newest version of the tool that goes with them, and tools cannot get into each other's way.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from peer.tools import Tool

__all__ = ["NotInstalled", "python_for"]

#: What a tool may not bring in another version: the same forward is to be measured everywhere.
HELD = ("torch", "transformers", "numpy")


class NotInstalled(Exception):
    """A tool does not install beside what there is; says so in a sentence."""


def python_for(tool: Tool, home: Path, log: Path, *, fresh: bool = False) -> Path:
    """The Python interpreter that can import `tool`, its environment made first if need be.

    Args:
        tool: what to import.
        home: the folder of the environments.
        log: the file that pip's output goes to.
        fresh: make the environment anew, for the newest version there is today.

    Raises:
        NotInstalled: pip could not.
    """
    if find_spec(tool.module) is not None:
        return Path(sys.executable)
    held = "".join(f"{name}=={version(name)}\n" for name in HELD)
    place = home / f"{tool.package}-{sysconfig.get_python_version()}"
    stamp = place / "installed.txt"
    python = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not fresh and stamp.is_file() and stamp.read_text() == held:
        return python
    shutil.rmtree(place, ignore_errors=True)
    venv.create(place, symlinks=sys.platform != "win32")
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.check_output([python, "-I", "-c", ask], text=True).strip())
    ours = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    (site / "beside.pth").write_text("\n".join(ours) + "\n")
    constraints = place / "constraints.txt"
    constraints.write_text(held)
    pip = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    with log.open("a", encoding="utf-8") as output:
        done = subprocess.run(
            [python, *pip, "-c", constraints, tool.package],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        beside = ", ".join(f"{name} {version(name)}" for name in HELD)
        raise NotInstalled(f"pip found no version that it could install beside {beside}")
    stamp.write_text(held)
    return python
