"""Table, sentences and HTML of a run: complete, narrow enough, and safe."""

from __future__ import annotations

import io
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from cyclesim.render.html import cycle_html, trace_html
from cyclesim.render.plain import plain_lines
from cyclesim.render.table import trace_table
from cyclesim.render.text import crop, pad, safe_text
from cyclesim.trace import ArrayData, Resolution, Timing, Trace, Verdict
from tests.render.runs import FORBIDDEN, HOSTILE, hostile, run

RESOLUTIONS: list[Resolution] = ["layer", "module", "step"]


def printed(trace: Trace, width: int = 80, resolution: Resolution = "step", **more: object) -> str:
    console = Console(width=width, file=io.StringIO(), **more)  # type: ignore[arg-type]
    console.print(trace_table(trace, resolution, width))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


# -- text -------------------------------------------------------------------------------------


def test_safe_text() -> None:
    assert safe_text("Ada Lovelace") == "Ada Lovelace"
    assert safe_text("\x1b[31m\x00\n") == "␛[31m␀␤"
    assert safe_text("a\u202eb\u2066c\ud800") == "a�b�c�"
    assert safe_text("[bold]") == "[bold]"
    assert safe_text("👩‍👩‍👧 שלום 漢字 é") == "👩‍👩‍👧 שלום 漢字 é"
    assert len(safe_text("e" + "\u0301" * 300)) == 5
    assert safe_text("abcdef", 4) == "abc…"
    assert safe_text(None) == "None"


def test_crop_and_pad_count_cells() -> None:
    for text in ("漢字漢字", "abcdef", "👩‍👩‍👧abc", ""):
        for width in range(9):
            assert cell_len(crop(text, width)) <= width
            assert cell_len(pad(text, width)) == width


# -- table ------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 50, 80, 100, 160, 240])
@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_rows_never_wrap(width: int, resolution: Resolution) -> None:
    for trace in (run(), hostile()):
        lines = printed(trace, width, resolution).splitlines()
        assert max(map(cell_len, lines)) <= width
        assert any("layer 0" in x or "L0 attention" in x for x in lines)


def test_the_table_says_everything() -> None:
    text = printed(run())
    for part in ("tiny", "token-classification", "cpu · eager · float32", "1.32M parameters",
                 "4 tokens: [CLS] Ada lives [SEP]", "L0 attention", "[1,2,4,4]", "NOP",
                 "7 (1 NOP)", "full speed 1 ms", "1.2 ms", "×1.2", "✓ bit-identical",
                 "Ada [PER] lives", "0.875", "0–3"):  # fmt: skip
        assert part in text, part
    assert "matmul" in text and "elementwise" in text


def test_colour_is_never_alone() -> None:
    # Without colour every row still has its unit's letter and name.
    lines = printed(run(), no_color=True).splitlines()
    row = next(x for x in lines if "softmax" in x)
    assert row.split()[:4] == ["3", "A", "L0", "attention"]
    trace = run()
    trace.verdict = Verdict(False, 0.5, 3)
    assert "✗ differs from the untraced run by up to 0.5, first at cycle 3" in printed(trace)


def test_colours_are_there_where_there_are_colours() -> None:
    console = Console(width=80, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(trace_table(run()))
    assert "\x1b[" in console.file.getvalue()  # type: ignore[attr-defined]


def test_ascii_terminals_get_ascii() -> None:
    raw = io.BytesIO()
    console = Console(width=80, file=io.TextIOWrapper(raw, encoding="ascii"))
    for trace in (run(), hostile()):
        console.print(trace_table(trace))
    console.file.flush()
    assert raw.getvalue().decode("ascii").count("[ok]") == 1


def test_longer_than_the_scale_is_marked() -> None:
    lines = printed(run()).splitlines()
    assert "█>" in next(x for x in lines if "tokenize" in x)
    assert "█>" not in next(x for x in lines if "softmax" in x)


def test_full_speed_times_are_preferred_and_named() -> None:
    trace = run()
    assert "measured once" in printed(trace)
    trace.timing = Timing(1, 1, full_speed=tuple(range(7_000, 14_000, 1_000)))
    assert "median self time" in printed(trace) and "10 µs" in printed(trace)
    trace.timing = Timing(1_200_000, 1_000_000, stepped=True)
    assert "stepped" in printed(trace) and "waiting left out" in printed(trace)


def test_groups() -> None:
    text = printed(run(), 100, "layer")
    assert "2–4" in text and "3 cycles" in text and "layer 0" in text


def test_classification_and_other_results() -> None:
    trace = run()
    trace.result = {"label": "good", "score": 0.75, "scores": {"bad": 0.25, "good": 0.75}}
    text = printed(trace)
    assert text.index("▸ good") < text.index("bad") and "0.750" in text
    trace.result = {"text": "Once upon\na time", "tokens": [1, 2]}
    assert "text: Once upon␤a time" in printed(trace)
    trace.result = {"entities": [{"start": "x"}]}
    assert "cannot be shown" in printed(trace)


def test_an_empty_and_an_incomplete_trace() -> None:
    empty = Trace(run().header)
    for view in (printed(empty), "\n".join(plain_lines(empty)), trace_html(empty)):
        assert "not complete" in view
    trace = run()
    del trace.cycles[4:]
    assert printed(trace)


def test_the_first_nan_is_named() -> None:
    trace = run()
    for number in (3, 5):
        shape = trace[number].outputs[0].shape
        trace[number].outputs[0].data = ArrayData(np.full(shape, np.nan, dtype=np.float32))
    assert "first written by cycle 3" in printed(trace)
    assert any("Cycle 3 is the first" in line for line in plain_lines(trace))
    assert "hatched" not in cycle_html(trace[3], trace) and "nan" in cycle_html(trace[3], trace)


def test_a_long_text_is_cut() -> None:
    trace = run(text="Ada " * 300_000)
    assert len(printed(trace)) < 12_000
    assert len(trace_html(trace)) < 40_000


def test_overlapping_and_impossible_entities_are_left_out_of_the_sentence() -> None:
    trace = run()
    made = [(0, 3), (2, 5), (7, 99), (-4, 2), (5, 5)]
    trace.result = {
        "entities": [
            {"text": "x", "label": "PER", "start": a, "end": b, "score": 1.0} for a, b in made
        ]
    }
    assert "Ada [PER] lives" in printed(trace) and "Ada" in trace_html(trace)


# -- sentences --------------------------------------------------------------------------------


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_plain_lines_are_whole_sentences(resolution: Resolution) -> None:
    lines = list(plain_lines(run(), resolution))
    assert all(line.endswith(".") and "\n" not in line for line in lines)
    assert not set("".join(lines)) & set("█▏│─✓✗→×·")
    assert lines[0].startswith("Model tiny, task token-classification, on cpu")
    assert "Verdict: bit-identical to the untraced run." in lines
    assert "Ada is PER, characters 0 to 3, score 0.875." in lines
    numbered = [x for x in lines if x.startswith("Cycle")]
    assert len(numbered) == (7 if resolution == "step" else len(run().groups(resolution)))


def test_plain_lines_are_safe() -> None:
    for line in plain_lines(hostile()):
        assert not set(line) & (FORBIDDEN | {"\n"})


# -- HTML -------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Collects tags, attributes and text; knows which tags stay open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def pages(trace: Trace) -> Iterator[str]:
    yield trace_html(trace)
    for cycle in trace:
        yield cycle_html(cycle, trace)
        yield cycle._repr_html_()


def test_html_is_self_contained_and_balanced() -> None:
    for trace in (run(), hostile()):
        for page in pages(trace):
            read = Page(page)
            assert read.open == []
            assert not read.tags & {"script", "link", "iframe", "img", "object"}
            names = {name for name, _ in read.attributes}
            assert not any(n.startswith("on") or n in ("src", "href") for n in names)
            assert "http" not in page and "@import" not in page and "cannot be shown" not in page


def test_html_escapes_what_users_gave() -> None:
    for page in pages(hostile()):
        assert not set(page) & FORBIDDEN
        assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in "".join(pages(hostile()))


def test_html_shows_the_run() -> None:
    words = " ".join(Page(trace_html(run())).text)
    for part in ("tiny", "bit-identical", "7 cycles", "softmax", "PER", "0.875"):
        assert part in words


def test_a_cycle_shows_its_heatmap_with_names() -> None:
    page = cycle_html(run()[3], run())
    read = Page(page)
    assert page.count("<td style=") == 16
    assert "Ada" in read.text and "batch 0, head 0" in page and "rows query, columns key" in page
    assert any(name == "title" and value for name, value in read.attributes)


def test_a_failing_part_does_not_take_the_page_with_it() -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("<b>broken</b>")

    trace = run()
    trace.cycles[3].outputs[0].data = Broken()  # type: ignore[assignment]
    page = cycle_html(trace[3], trace)
    assert "cannot be shown: RuntimeError: &lt;b&gt;" in page and "softmax" in page
    trace.result = Broken()  # type: ignore[assignment]
    assert "cannot be shown" in trace_html(trace) and "7 cycles" in trace_html(trace)


def test_tokens_of_a_table_come_from_the_trace() -> None:
    lines = printed(run(HOSTILE)).splitlines()
    assert all(cell_len(a) <= 80 and cell_len(b) <= 80 for a, b in pairwise(lines))
