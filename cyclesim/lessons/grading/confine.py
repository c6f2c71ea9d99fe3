"""What a process gives up, for good, before it runs a line of somebody else's.

Layer by layer, as far as the system has them; each is known by the name that reports use:

    limits      CPU time, memory, size of files, number of processes and files (setrlimit)
    namespaces  no network, no other process in sight, every file system read-only (Linux)
    user        another user, who owns nothing (for root)
    landlock    no file outside of what Python needs is read, none outside of the folder is written
    audit       Python itself refuses, and notes, what an exercise has no business with

Only the last is everywhere; it stops mistakes and not malice. `confined` says whether the rest can
hold a hostile exercise.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Limits", "confined", "drop", "guard", "limit", "unshare"]

_NOBODY = 65534
_NEW_NS, _NEW_IPC, _NEW_USER, _NEW_PID, _NEW_NET = (
    0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
_NO_NEW_PRIVILEGES, _DIE_WITH_PARENT, _KEEP_RIGHTS = 38, 1, 8
_MAY_READ = 1 << 2  # CAP_DAC_READ_SEARCH
_CREATE, _ADD, _RESTRICT, _MOUNT_SETATTR = 444, 445, 446, 442


@dataclass(frozen=True, slots=True)
class Limits:
    """What an exercise may use.

    Attributes:
        seconds: of CPU time, and of the clock on the wall.
        memory: bytes of address space.
        file: bytes of the largest file.
        processes: how many it may have, itself included.
    """

    seconds: float = 10.0
    memory: int = 1 << 29
    file: int = 16 << 20
    processes: int = 16


def confined(layers: Iterable[str]) -> bool:
    """Whether these layers keep a hostile exercise from every file of the grader."""
    has = set(layers)
    return "limits" in has and ("user" in has or {"landlock", "namespaces"} <= has)


# -- limits ---------------------------------------------------------------------------------------


def limit(limits: Limits) -> bool:
    """Set what the process may use; whether the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return False
    seconds = int(limits.seconds) + 1
    wanted = {
        "RLIMIT_CPU": (seconds, seconds + 1),
        "RLIMIT_AS": (limits.memory, limits.memory),
        "RLIMIT_FSIZE": (limits.file, limits.file),
        "RLIMIT_NOFILE": (64, 64),
        "RLIMIT_NPROC": (limits.processes, limits.processes),
        "RLIMIT_CORE": (0, 0),
    }
    for name, (soft, hard) in wanted.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        most = resource.getrlimit(kind)[1]
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        with contextlib.suppress(ValueError, OSError):  # macOS has no RLIMIT_AS worth the name
            resource.setrlimit(kind, (soft, hard))
    return True


# -- namespaces and user --------------------------------------------------------------------------


def unshare(folder: Path) -> bool:
    """Leave the network, the other processes, and every writable file system but `folder`.

    The process that goes on is a child, the first of its own process namespace: when that ends, or
    its parent does, all that it started ends with it. Whether the system can; if not, nothing has
    changed.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    # A process that tries and fails half-way must not go on like that: try it in another one.
    pid = os.fork()
    if pid == 0:
        os._exit(0 if _unshared(libc, folder, uid, gid) else 1)
    if os.waitpid(pid, 0)[1] != 0 or not _unshared(libc, folder, uid, gid):
        return False
    _become_first(libc)
    return True


def _unshared(libc: Any, folder: Path, uid: int, gid: int) -> bool:
    flags = _NEW_NS | _NEW_IPC | _NEW_PID | _NEW_NET
    if uid != 0:
        flags |= _NEW_USER
    try:
        if libc.unshare(flags) != 0:
            return False
        if uid != 0:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
            Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
        return _read_only(libc, os.fsencode(folder))
    except OSError:
        return False


def _read_only(libc: Any, folder: bytes) -> bool:
    """Every file system read-only in this mount namespace, except `folder`."""
    private, bind, recursive, at_recursive = 1 << 18, 4096, 16384, 0x8000
    if libc.mount(b"none", b"/", None, private | recursive, None) != 0:
        return False
    if libc.mount(folder, folder, None, bind, None) != 0:
        return False
    read_only = struct.pack("QQQQ", 1, 0, 0, 0)
    writable = struct.pack("QQQQ", 0, 1, 0, 0)
    size = ctypes.c_size_t(len(read_only))
    if libc.syscall(_MOUNT_SETATTR, -100, b"/", at_recursive, read_only, size) != 0:
        return False
    if libc.syscall(_MOUNT_SETATTR, -100, folder, 0, writable, size) != 0:
        return False
    os.chdir(folder)  # through the mount that can be written to
    return True


def _become_first(libc: Any) -> None:
    pid = os.fork()
    if pid:
        with contextlib.suppress(InterruptedError):
            _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        os._exit(code if code >= 0 else 128 - code)
    libc.prctl(_DIE_WITH_PARENT, 9, 0, 0, 0)


def drop(readable: Iterable[Path], folder: Path) -> list[str]:
    """Become nobody, and give up all files but `readable` (to read) and `folder`.

    Returns the layers that the system has.
    """
    readable = list(readable)
    layers = []
    linux = sys.platform == "linux"
    libc = ctypes.CDLL(None, use_errno=True) if linux else None
    rights = 0
    if getattr(os, "geteuid", lambda: 1)() == 0:
        if linux and not all(map(_open_to_all, readable)):
            # Python is in somebody's home: nobody needs the right to read there.
            rights = _MAY_READ
            libc.prctl(_KEEP_RIGHTS, 1, 0, 0, 0)  # type: ignore[union-attr]
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        layers.append("user")
    if linux:
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)  # type: ignore[union-attr]
        # All other rights go, also those that a namespace gave.
        sets = struct.pack("IIIIII", rights, rights, 0, 0, 0, 0)
        libc.capset(struct.pack("Ii", 0x20080522, 0), sets)  # type: ignore[union-attr]
        if _landlock(libc, readable, folder):
            layers.append("landlock")
    return layers


def _open_to_all(path: Path) -> bool:
    """Whether everybody may go to `path`."""
    try:
        return all(place.stat().st_mode & 0o001 for place in path.resolve().parents)
    except OSError:
        return False


def _landlock(libc: Any, readable: Iterable[Path], folder: Path) -> bool:
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    rights = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    # File system; TCP (version 4); signals and abstract sockets (version 6).
    attributes = struct.pack("Q", rights)
    if version >= 4:
        attributes += struct.pack("Q", 3)
    if version >= 6:
        attributes += struct.pack("Q", 3)
    rules = libc.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return False
    read = 1 | 1 << 2 | 1 << 3  # execute, read a file, read a folder
    allowed = [(path, read) for path in readable] + [(folder, rights)]
    for path, access in allowed:
        with contextlib.suppress(OSError):
            handle = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
            if not os.path.isdir(path):
                access &= 1 | 1 << 1 | 1 << 2 | (1 << 14 if version >= 3 else 0)
            libc.syscall(_ADD, rules, 1, struct.pack("=Qi", access, handle), 0)
            os.close(handle)
    done: bool = libc.syscall(_RESTRICT, rules, 0) == 0
    os.close(rules)
    return done


# -- Python's own ----------------------------------------------------------------------------------

#: What an exercise has no business with, wherever it is.
_NEVER = frozenset(
    "os.system os.exec os.posix_spawn os.fork os.forkpty os.kill os.killpg os.startfile "
    "subprocess.Popen pty.spawn socket.__new__ socket.connect socket.bind ctypes.dlopen "
    "ctypes.dlsym os.chown os.chmod os.setxattr os.removexattr".split()
)
#: What it has no business with outside of its folder; the places of the paths among the arguments.
_OUTSIDE = {
    "os.remove": (0,), "os.rmdir": (0,), "os.mkdir": (0,), "os.rename": (0, 1),
    "os.truncate": (0,), "os.link": (0, 1), "os.symlink": (0, 1), "os.utime": (0,),
    "shutil.rmtree": (0,), "shutil.move": (0, 1), "shutil.copyfile": (1,),
}  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def guard(folder: Path, noted: Callable[[str], None]) -> None:
    """Let Python refuse, from now on, what an exercise has no business with.

    Args:
        folder: where it may write.
        noted: called with the name of each thing refused.
    """
    home = os.path.realpath(folder)

    def outside(path: Any) -> bool:
        if isinstance(path, int) or path is None:
            return False
        full = os.path.realpath(os.fsdecode(path))
        return full != home and not full.startswith(home + os.sep)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        refused = event in _NEVER
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
            refused = outside(arguments[0]) and arguments[0] != os.devnull
        elif event in _OUTSIDE:
            refused = any(outside(arguments[i]) for i in _OUTSIDE[event] if i < len(arguments))
        if refused:
            noted(event)
            raise PermissionError(f"an exercise may not do that: {event}")

    sys.addaudithook(hook)
