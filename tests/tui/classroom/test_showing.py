"""What a classroom needs: projector, pressed keys, exports, languages, help."""

from __future__ import annotations

import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest
from textual import events

from cyclesim.language import speaking
from cyclesim.tui.classroom.exports import next_path, write_new
from cyclesim.tui.classroom.reading import read_log
from cyclesim.tui.screens.dialogs.help import WORDS
from tests.tui.conftest import press, ready, settled, text_of, until

SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.fixture(autouse=True)
def english():
    """Whatever a test speaks, the next one hears English."""
    with speaking("en"):
        yield


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# -- projector --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_projector_and_back(fake_app, size):
    app = fake_app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await press(pilot, "n", "n", "n")
        before = text_of(pilot)
        await press(pilot, "V")
        assert app.theme == "high-contrast"
        panels = [p for p in app.main.query("#panels > Panel").results() if p.display]
        assert len(panels) == 1
        assert app.main.query_one("#timeline").display
        await press(pilot, "n", "n", "V")
        assert app.theme == "cyclesim"
        await press(pilot, "b", "b", "f", "b")
        await until(pilot, lambda: not app.main.query_one("#pressed").display)
        await press(pilot, "r", "n", "n", "n")
        assert text_of(pilot) == before


async def test_a_start_for_the_back_row(fake_app):
    async with fake_app(projector=True).run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        assert pilot.app.main.projecting and pilot.app.theme == "high-contrast"


async def test_the_theme_of_before_comes_back(fake_app):
    app = fake_app(theme="high-contrast")
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "V", "V")
        assert app.theme == "high-contrast" and not app.main.projecting


async def test_pressed_keys_are_shown_and_go(fake_app, monkeypatch):
    monkeypatch.setattr("cyclesim.tui.widgets.pressed.STAYS", 600.0)
    app = fake_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        shown = app.main.query_one("#pressed")
        await press(pilot, "n")
        assert not shown.display  # nobody asked for it
        await press(pilot, "V", "n")
        words = text_of(pilot, "#pressed").split()
        assert words == ["n", "step"]
        assert shown.region.right <= 80 and shown.region.bottom <= 23
        await press(pilot, "right_square_bracket")
        assert text_of(pilot, "#pressed").split() == ["]", "next", "layer"]
        app.post_message(events.Key("less_than_sign", None))  # as a demonstration presses it
        await until(pilot, lambda: text_of(pilot, "#pressed").split()[0] == "<")
        monkeypatch.setattr("cyclesim.tui.widgets.pressed.STAYS", 0.1)
        await press(pilot, "n")
        await until(pilot, lambda: not shown.display)


async def test_what_is_typed_is_not_shown(fake_app, monkeypatch):
    monkeypatch.setattr("cyclesim.tui.widgets.pressed.STAYS", 600.0)
    app = fake_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await press(pilot, "V", "t")
        await pilot.press(*"secret", "escape")
        await settled(pilot)
        assert text_of(pilot, "#pressed").split() == ["t", "text"]
        await press(pilot, "slash")
        await pilot.press("n")
        await settled(pilot)
        assert text_of(pilot, "#pressed").split() == ["/", "find"]


# -- exports ----------------------------------------------------------------------------------


async def test_the_screen_as_a_picture(fake_app, folder):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "n", "n", "E")
        assert "cyclesim-001.svg" in text_of(pilot)
        await press(pilot, "1")
        await until(pilot, lambda: (folder / "cyclesim-001.svg").exists())
        await settled(pilot)
        assert "cyclesim-001.svg" in text_of(pilot, "#now")
    picture = (folder / "cyclesim-001.svg").read_text(encoding="utf-8")
    words = "".join(ElementTree.fromstring(picture).itertext()).replace("\xa0", " ")
    assert "TIMELINE" in words and "Save in the current folder" not in words
    assert "url(" not in picture.replace("url(#", "")  # no font from the network
    assert not list(folder.glob(".*"))


@pytest.mark.skipif(shutil.which("rsvg-convert") is None, reason="needs rsvg-convert")
async def test_the_picture_becomes_a_png(fake_app, folder):
    app = fake_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "E", "1")
        await until(pilot, lambda: (folder / "cyclesim-001.svg").exists())
    subprocess.run(["rsvg-convert", "cyclesim-001.svg", "-o", "a.png"], check=True)
    assert (folder / "a.png").read_bytes().startswith(b"\x89PNG")


class Page(HTMLParser):
    """What a page needs and says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.words, self.sources = [], "", []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.sources += [v for k, v in attributes if k in ("src", "href", "action", "data")]

    def handle_data(self, data):
        self.words += data


async def test_the_cycle_as_a_page(real_app, folder):
    app = real_app(text="Ada met <script>alert(1)</script> Bob")
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f", "g", *"softmax", "enter", "E", "2")
        await until(pilot, lambda: (folder / "cyclesim-001.html").exists())
        await settled(pilot)
        at = app.main.standing.at
    page = Page((folder / "cyclesim-001.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags and not page.sources
    assert f"cycle {at}" in page.words and "alert(1)" in page.words
    assert "softmax" in page.words and page.tags.count("table") >= 3
    assert "bit" in page.words


async def test_an_export_before_the_first_cycle(fake_app, folder):
    app = fake_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await press(pilot, "E", "down", "enter")
        await until(pilot, lambda: (folder / "cyclesim-001.html").exists())
        await press(pilot, "E", "3")
    assert read_log(folder / "cyclesim-001.jsonl").entries[-1].deed == "end"


def test_no_file_is_overwritten(folder):
    for number in range(1, 4):
        report = write_new("svg", str(number))
        assert report.path == folder / f"cyclesim-00{number}.svg"
    assert (folder / "cyclesim-001.svg").read_text() == "1"
    os.symlink("nowhere", folder / "cyclesim-001.html")
    assert next_path("html").name == "cyclesim-002.html"


def test_a_file_that_came_in_between_is_kept(folder, monkeypatch):
    (folder / "taken.svg").write_text("mine")
    monkeypatch.setattr(
        "cyclesim.tui.classroom.exports.next_path", lambda ending: Path("taken.svg")
    )
    report = write_new("svg", "other")
    assert "taken.svg cannot be written" in report.sentence
    assert (folder / "taken.svg").read_text() == "mine"
    assert os.listdir(folder) == ["taken.svg"]


async def test_a_folder_that_cannot_be_written_is_one_sentence(fake_app, folder, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("cyclesim.tui.classroom.exports.tempfile.mkstemp", refuse)
    async with fake_app().run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        for kind in "123":
            await press(pilot, "E", kind)
            await until(
                pilot,
                lambda: "cannot be written: Permission denied." in text_of(pilot, "#now"),
            )
            await press(pilot, "n")


async def test_a_served_app_saves_nothing(fake_app, folder):
    async with fake_app(served=True).run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "E")
        assert "no file" in text_of(pilot, "#now")
        assert pilot.app.screen is pilot.app.main
    assert not list(folder.iterdir())


@pytest.mark.parametrize("way", ["a saved trace", "another model"])
async def test_a_served_app_compares_with_no_file_and_no_other_model(real_app, way):
    async with real_app(served=True).run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f", "C")
        await until(pilot, lambda: way in text_of(pilot))
        line = next(line for line in text_of(pilot).splitlines() if way in line)
        number = line[: line.index(way)].split()[-1]
        await pilot.press(number)
        await settled(pilot)
        assert pilot.app.screen is pilot.app.main
        assert "no file or folder" in text_of(pilot, "#now")


# -- languages --------------------------------------------------------------------------------


async def test_the_language_turns_while_it_runs(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n")
        english = text_of(pilot)
        await press(pilot, "L")
        assert "简体中文" in text_of(pilot, "#now")
        await press(pilot, "L")
        assert "English" in text_of(pilot, "#now")
        await press(pilot, "n", "b")
        assert text_of(pilot).splitlines()[0] == english.splitlines()[0]


# -- help -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_help_says_everything(fake_app, size):
    app = fake_app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await press(pilot, "question_mark")
        said, before = "", ""
        while True:
            await pilot.pause()
            now = text_of(pilot)
            said += now
            if now == before:
                break
            before = now
            await pilot.press("space")
        for command in app.commands:
            first = command.help.split()[:2]
            assert " ".join(first) in said, command.name
        for word, _ in WORDS:
            assert word in said
        await press(pilot, "escape")
        assert app.screen is app.main


async def test_help_shows_the_keys_that_a_person_chose(fake_app):
    app = fake_app(keys={"step": ["f5"]})
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await press(pilot, "question_mark")
        await pilot.pause()
        assert "f5" in text_of(pilot).casefold()


async def test_help_follows_the_window(fake_app):
    async with fake_app().run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await press(pilot, "question_mark")
        narrow = pilot.app.screen.query_one("#page").size
        await pilot.resize_terminal(160, 50)
        await pilot.pause(0.1)
        wide = pilot.app.screen.query_one("#page").size
        assert wide.height < narrow.height and wide.width > narrow.width


# -- pictures ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40", "200x60"])
def test_picture_of_the_projector(snap_compare, fake_app, size, monkeypatch):
    monkeypatch.setattr("cyclesim.tui.widgets.pressed.STAYS", 600.0)

    async def drive(pilot):
        await ready(pilot)
        await press(pilot, "right_square_bracket", "n", "n", "n", "n", "V", "tab", "n")

    assert snap_compare(fake_app(), terminal_size=size, run_before=drive)


@pytest.mark.parametrize("size", SIZES[:2], ids=["80x24", "120x40"])
def test_picture_of_the_export(snap_compare, fake_app, size, folder):
    async def drive(pilot):
        await ready(pilot)
        await press(pilot, "n", "E")

    assert snap_compare(fake_app(), terminal_size=size, run_before=drive)
