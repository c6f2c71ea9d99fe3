"""Files that are there whole or not at all.

    check_target("run.json")              # before the work: could it be written?
    replace_file("run.json", [content])   # after it
    with new_folder("model") as folder:   # a folder, the same way
        ...

What is written goes into a file without a name, which takes the place of the old one in a single
rename. Whatever interrupts that (a kill, a full disk, an exception), the old file is as it was.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = [
    "check_new_folder", "check_target", "new_folder", "replace_file", "same_file", "shown",
]  # fmt: skip

FilePath = str | os.PathLike[str]


def check_target(path: FilePath) -> None:
    """Refuse a path that no file can be written to, before what goes into it has cost anything.

    Raises:
        CyclesimError: its folder is not there, or something that is no file has that name.
    """
    with _said(path):
        target = Path(os.path.realpath(path))
        try:
            mode = target.stat().st_mode
        except FileNotFoundError:
            if not target.parent.is_dir():
                raise ValueError(tr("there is no such folder")) from None
            return
        # Renaming over something that is no file, such as /dev/null, would be a disaster.
        if stat.S_ISDIR(mode):
            raise ValueError(tr("there is a folder of that name"))
        if not stat.S_ISREG(mode):
            raise ValueError(tr("it is not a file"))


def replace_file(path: FilePath, chunks: Iterable[bytes | np.ndarray]) -> None:
    """Write a new file of `chunks` and put it in the place of the old one, if there is one.

    Raises:
        CyclesimError: it cannot be written; an old file at `path` is as it was.
    """
    check_target(path)
    with _said(path):
        _replace(Path(os.path.realpath(path)), chunks)


def check_new_folder(path: FilePath) -> None:
    """Refuse a path that no new folder can be made at.

    Raises:
        CyclesimError: there is something of that name, or no folder to make it in.
    """
    with _said(path):
        target = Path(os.path.abspath(path))
        if target.exists() or target.is_symlink():
            raise ValueError(tr("there is something of that name already"))
        if not target.parent.is_dir():
            raise ValueError(tr("there is no such folder"))


@contextmanager
def new_folder(path: FilePath, *, replace: bool = False) -> Iterator[Path]:
    """A folder to fill, which gets its name when the block has ended well, and else is gone.

    Args:
        replace: it takes the place of the folder that is there.

    Raises:
        CyclesimError: it cannot be made or filled; then `path` is as it was.
    """
    if not replace:
        check_new_folder(path)
    target = Path(os.path.abspath(path))
    made = target.with_name(f".{target.name[:80]}.{os.urandom(4).hex()}.tmp")
    old = made.with_suffix(".old")
    with _said(path):
        made.mkdir()
        try:
            yield made
            if replace and target.exists():
                target.rename(old)
            made.rename(target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


def same_file(one: FilePath, other: FilePath) -> bool:
    """Whether two paths lead to one place, whether or not there is a file yet."""
    try:
        return os.path.realpath(one) == os.path.realpath(other)
    except (OSError, ValueError):  # a NUL in it
        return False


def shown(path: object) -> str:
    """`path` in a sentence: as it is, unless it holds what a terminal would obey."""
    name = str(path)
    return name if name.isprintable() else ascii(name)


@contextmanager
def _said(path: FilePath) -> Iterator[None]:
    """What fails in this block is one sentence."""
    try:
        yield
    except OSError as error:
        said = tr("{file} cannot be written: {why}; nothing was changed.")
        why: object = error.strerror or type(error).__name__
    except ValueError as error:  # what `check_target` found, or a NUL in the path
        said, why = tr("{file} cannot be written: {why}."), error
    else:
        return
    raise CyclesimError(said.format(file=shown(path), why=why))


def _replace(target: Path, chunks: Iterable[bytes | np.ndarray]) -> None:
    temporary = target.with_name(f".{target.name[:80]}.{os.urandom(4).hex()}.tmp")
    handle = _nameless(target.parent)
    named = handle is None
    if handle is None:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        try:
            if target.exists():
                os.fchmod(handle, stat.S_IMODE(target.stat().st_mode))
            for chunk in chunks:
                _write(handle, chunk)
            os.fsync(handle)
            if not named:
                _give_name(handle, temporary)
                named = True
        finally:
            os.close(handle)
        os.replace(temporary, target)
    except BaseException:
        if named:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise
    with contextlib.suppress(OSError):  # not every file system can do it
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _nameless(folder: Path) -> int | None:
    """A file that is in no folder yet, so that a killed process leaves nothing behind (Linux)."""
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None or not os.path.isdir("/proc/self/fd"):
        return None
    try:
        return os.open(folder, os.O_WRONLY | flag, 0o666)
    except OSError:  # this file system cannot
        return None


def _give_name(handle: int, path: Path) -> None:
    # Only with a folder handle does Python ask the kernel to follow the link in /proc.
    descriptors = os.open("/proc/self/fd", os.O_RDONLY)
    try:
        os.link(str(handle), path, src_dir_fd=descriptors, follow_symlinks=True)
    finally:
        os.close(descriptors)


def _write(handle: int, data: bytes | np.ndarray) -> None:
    view = memoryview(data)  # type: ignore[arg-type]
    while view:
        view = view[os.write(handle, view) :]
