"""What importing a part of cyclesim brings with it, each measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

TORCH_FREE = (
    "cyclesim.cost",
    "cyclesim.errors",
    "cyclesim.explain",
    "cyclesim.export",
    "cyclesim.files",
    "cyclesim.lessons",
    "cyclesim.printable",
    "cyclesim.render",
    "cyclesim.trace",
    "cyclesim.versus",
)


def python(code: str) -> str:
    """Run `code` in a fresh interpreter and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "module",
    ["cyclesim", "cyclesim.tui.app", "cyclesim.cli", "cyclesim.cli.learn", "cyclesim.trace"],
)
def test_import_leaves_torch_and_transformers_out(module: str) -> None:
    loaded = python(
        f"""
        import sys
        import {module}
        print(*sorted({{"torch", "transformers"}} & set(sys.modules)))
        """
    )
    assert loaded == ""


def test_the_first_paint_needs_little() -> None:
    """What the app imports before it has painted; the rest of it comes after that."""
    loaded = python(
        """
        import sys
        import cyclesim.cli
        import cyclesim.tui.app as door

        async def enter(app):  # runs when the first screen has been painted
            app.loaded = sorted(sys.modules)
            app.exit()

        def run(app, **how):
            unseen(app, headless=True)
            print(*app.loaded)

        unseen, door.CyclesimApp.run = door.CyclesimApp.run, run
        door.CyclesimApp._enter = enter
        door._at_a_terminal = lambda: True
        cyclesim.cli.main(["Ada met Bob.", "--lang", "en"])
        """
    ).split()
    assert "textual.app" in loaded and "cyclesim.tui.screens.door" in loaded
    late = ("numpy", "torch", "transformers", "safetensors", "markdown_it", "pygments")
    assert not [name for name in loaded if name.split(".")[0] in late]
    ours = {".".join(name.split(".")[:3]) for name in loaded if name.startswith("cyclesim.")}
    shell = {"cli", "finetuning", "folders", "lazy", "shell"}
    allowed = shell | {"errors", "language", "printable", "machine", "render", "tui", "_version"}
    assert {name.split(".")[1] for name in ours} <= allowed
    rooms = {"app", "classroom", "commands", "keys", "launch"}
    rooms |= {"screens", "settings", "widgets", "words"}
    assert {name.split(".")[2] for name in ours if name.startswith("cyclesim.tui.")} <= rooms
    assert not [name for name in loaded if name.startswith("cyclesim.tui.screens.main")]
    panels = {name.split(".")[3] for name in loaded if name.startswith("cyclesim.tui.widgets.")}
    assert panels <= {"bars", "loading", "scrollbar"}


@pytest.mark.parametrize("room", TORCH_FREE)
def test_every_module_of_the_room_works_without_torch(room: str) -> None:
    """Not only unloaded: blocked. And no module of the room may be forgotten."""
    imported = python(
        f"""
        import importlib, pkgutil, sys

        class Blocked:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in ("torch", "transformers", "tokenizers", "textual"):
                    raise ImportError(f"{{name}} is blocked")

        sys.meta_path.insert(0, Blocked())
        room = importlib.import_module({room!r})
        for found in pkgutil.walk_packages(getattr(room, "__path__", []), {room!r} + "."):
            importlib.import_module(found.name)
        print(*(name for name in sys.modules if name.startswith({room!r})))
        """
    )
    assert room in imported.split()


def test_every_public_name_is_there() -> None:
    missing = python(
        """
        import cyclesim
        print(*(name for name in cyclesim.__all__ if not hasattr(cyclesim, name)))
        print(*(set(cyclesim.__all__) - set(dir(cyclesim))))
        """
    )
    assert missing == ""


def test_trace_is_a_package_and_a_function() -> None:
    python(
        """
        import cyclesim
        from cyclesim.trace import Cycle, Trace
        assert callable(cyclesim.trace) and cyclesim.trace.Cycle is Cycle is cyclesim.Cycle
        """
    )


def test_an_unknown_name_is_an_attribute_error() -> None:
    import cyclesim

    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = cyclesim.nonsense  # type: ignore[attr-defined]
