"""The catalogue is complete, what a program reads stays English, Chinese lines break well."""

from __future__ import annotations

import io
import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest
from babel.messages import Catalog, Message
from babel.messages.mofile import read_mo, write_mo
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

import cyclesim
from cyclesim.cli import main
from cyclesim.errors import CyclesimError
from cyclesim.explain import axes_of, axis_text, explain
from cyclesim.explain.texts import GENERIC, TEXTS
from cyclesim.language import (
    LANGUAGES,
    current,
    from_arguments,
    from_environment,
    retell,
    speak,
    speaking,
    tr,
    trn,
)
from cyclesim.render.html import cycle_html, trace_html
from cyclesim.render.plain import plain_lines
from cyclesim.render.table import trace_table
from cyclesim.shell import parse_size
from cyclesim.trace import Trace
from cyclesim.trace.diff import diff
from cyclesim.tui.commands import COMMANDS
from cyclesim.tui.words.folding import fold
from tests.render.runs import run
from tools.texts import CATALOGUES, extract, read, texts_in

HAN = re.compile("[一-鿿]")


@pytest.fixture(scope="module")
def texts() -> Catalog:
    return extract()


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    (path,) = CATALOGUES
    return read(path)


@pytest.fixture(scope="module")
def trace() -> Trace:
    return cyclesim.trace(cyclesim.load(), "Ada Lovelace met Babbage in London.", measure=False)


def both(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The English texts of a message, and the Chinese ones."""
    sides = ((x,) if isinstance(x, str) else tuple(x) for x in (message.id, message.string))
    texts, said = sides
    return texts, said


def places(text: str) -> Counter[str]:
    """How often each place of a template is there."""
    return Counter(
        f"{name}!{how}:{spec}" for _, name, spec, how in Formatter().parse(text) if name is not None
    )


# -- the catalogue ----------------------------------------------------------------------------


def test_every_text_is_translated_and_nothing_else_is(texts: Catalog, chinese: Catalog) -> None:
    def keys(catalogue: Catalog) -> set[object]:
        return {(m.context, m.id) for m in catalogue if m.id}

    advice = "run `make texts`, then translate what it names"
    assert keys(texts) == keys(chinese), advice
    assert not chinese.obsolete, advice
    for message in chinese:
        assert all(both(message)[1]) and not (message.id and message.fuzzy), (message.id, advice)


def test_a_translation_has_the_places_of_its_text(chinese: Catalog) -> None:
    for message in chinese:
        if not message.id:  # the header
            continue
        texts, said = both(message)
        for text in said:
            assert places(text) == places(texts[-1]), message.id
            # Numbers with a format of their own, words elsewhere.
            values = {n: 7 if spec else "x" for _, n, spec, _ in Formatter().parse(text) if n}
            # Doubled braces are written ones, the same in every language.
            assert text.format(**values).count("{") == texts[-1].format(**values).count("{")
            # What a program adds before or behind must find the same blanks there.
            edges = [(t[:1] == " ", t[-1:] == " ", t.count("\n")) for t in (texts[-1], text)]
            assert edges[0] == edges[1], message.id


def test_a_text_is_not_both_alone_and_the_one_of_many(texts: Catalog) -> None:
    alone = {(m.context, m.id) for m in texts if isinstance(m.id, str)}
    assert not [m.id for m in texts if isinstance(m.id, tuple) and (m.context, m.id[0]) in alone]


def test_the_compiled_catalogue_is_the_written_one(chinese: Catalog) -> None:
    (path,) = CATALOGUES
    compiled = io.BytesIO()
    write_mo(compiled, chinese)
    compiled.seek(0)

    def content(catalogue: Catalog) -> dict[object, object]:
        return {(m.context, *both(m)[0]): both(m)[1] for m in catalogue if m.id}

    with path.with_suffix(".mo").open("rb") as file:
        assert content(read_mo(file)) == content(read_mo(compiled)), "run `make texts`"


def test_chinese_is_punctuated_as_chinese(chinese: Catalog) -> None:
    for message in chinese:
        if message.id:
            for text in both(message)[1]:
                assert not re.search(r"[一-鿿][,;!?](?! ?[a-z])|[一-鿿]\.(?!\.)", text), text


def test_texts_are_found_wherever_they_stand() -> None:
    source = """f"{tr('one')} {trn('a', 'b', n)}"; x = N_('two', 'column'), tr(x), tr("th" "ree")"""
    found = [("one", None), (("a", "b"), None), ("two", "column"), ("three", None)]
    assert list(texts_in(source, "here")) == found
    with pytest.raises(ValueError, match="here, line 1: tr"):
        list(texts_in('tr(f"cycle {n}")', "here"))


def test_help_is_among_the_texts(texts: Catalog) -> None:
    for text in ("Where to write it.", "What is read", "[OPTIONS]", "Show this message and exit."):
        assert text in texts
    assert texts.get("Options", "help") is not None


#: Who writes a lesson reads English; what another text says is translated there.
UNTRANSLATED = ("lessons/", "tui/settings/config.py", "finetuning/train.py")


def test_no_error_is_raised_in_english_only() -> None:
    package = Path(cyclesim.__file__).parent
    for path in package.rglob("*.py"):
        if not path.relative_to(package).as_posix().startswith(UNTRANSLATED):
            source = path.read_text(encoding="utf-8")
            assert not re.search(r'(CyclesimError|Wrong)\(\s*f?"', source), path


def test_every_explanation_is_in_the_catalogue(chinese: Catalog) -> None:
    for entry in [*(e for entries in TEXTS.values() for e in entries), *GENERIC]:
        assert entry.sentence in chinese, entry.sentence


# -- the languages ----------------------------------------------------------------------------


def test_speaking_is_undone() -> None:
    assert current() == "en"
    with speaking("zh"):
        assert (current(), tr("cycle {number}")) == ("zh", "周期 {number}")
        with pytest.raises(CyclesimError), speaking("en"):
            parse_size("much")
        assert current() == "zh"
    assert (current(), tr("cycle {number}")) == ("en", "cycle {number}")
    with pytest.raises(CyclesimError, match="unknown language 'xx'"):
        speak("xx")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_known_is_said_as_it_is(language: str) -> None:
    with speaking(language):
        assert tr("") == "" and tr("zap {x}") == "zap {x}"
        assert [trn("{n} zap", "{n} zaps", n) for n in (1, 2)] == ["{n} zap", "{n} zaps"]


def test_context_tells_two_words_apart() -> None:
    with speaking("zh"):
        assert tr("step") != tr("step", "column") and HAN.search(tr("step", "column"))


def test_retelling() -> None:
    forms = ("nothing cut (at most {most})",)
    assert retell("nothing cut (at most 510)", forms) == "nothing cut (at most 510)"
    with speaking("zh"):
        assert retell("nothing cut (at most 510)", forms) == "没有截断（至多 510 个）"
        assert retell("something else", forms) == "something else"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE", "LC_MESSAGES": "zh_SG"}, "zh"),
        ({"LC_ALL": "", "LANG": "fr_FR"}, "en"),
    ],
)
def test_the_locale_decides(environment: dict[str, str], language: str) -> None:
    assert from_environment(environment) == language


@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        (["trace", "Ada"], None),
        (["trace", "--lang", "zh", "Ada"], "zh"),
        (["--help", "--lang=zh"], "zh"),
        (["--lang", "zh", "--lang", "en"], "en"),
        (["--lang", "xx"], None),
        (["--lang"], None),
        (["trace", "--", "--lang", "zh"], None),
    ],
)
def test_the_command_line_decides(arguments: list[str], language: str | None) -> None:
    assert from_arguments(arguments) == language


def test_english_does_not_load_gettext() -> None:
    code = "import sys; before = set(sys.modules); import cyclesim.language as l; l.tr('x'); "
    code += "print('gettext' in set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# -- what is translated, and what is not ------------------------------------------------------


def test_what_a_program_reads_is_the_same_in_every_language(trace: Trace, tmp_path) -> None:
    other = cyclesim.trace(cyclesim.load(attn="sdpa"), "Ada met Bob.", measure=False)
    english = json.dumps([trace.to_json(), diff(trace, other).to_json()])
    trace.save(tmp_path / "en.safetensors")
    with speaking("zh"):
        assert json.dumps([trace.to_json(), diff(trace, other).to_json()]) == english
        again = cyclesim.trace(cyclesim.load(), trace.header.text, measure=False)
        assert [c.note for c in again] == [c.note for c in trace]
        assert again.verdict == trace.verdict
        trace.save(tmp_path / "zh.safetensors")
    files = [(tmp_path / f"{name}.safetensors").read_bytes() for name in ("en", "zh")]
    assert files[0] == files[1]


def test_every_cycle_is_explained_in_chinese(trace: Trace) -> None:
    for cycle in trace:
        english = explain(cycle, trace)
        with speaking("zh"):
            said = explain(cycle, trace)
        assert said.sentence.endswith(("。", "…")) and "{" not in said.sentence
        assert not re.search(r"[a-z] (the|of|a) [a-z]", said.sentence), said.sentence
        assert (said.formula, said.axes) == (english.formula, english.axes)
        assert explain(cycle, trace) == english  # nothing of it was kept


def test_axes_have_chinese_names(trace: Trace) -> None:
    names = {axis for cycle in trace for axes in axes_of(cycle, trace) for axis in axes}
    with speaking("zh"):
        assert all(HAN.search(axis_text(axis)) for axis in {*names, "axis 3"})


@pytest.mark.parametrize("resolution", ["step", "module", "layer"])
def test_plain_sentences_in_chinese(trace: Trace, resolution) -> None:
    with speaking("zh"):
        lines = list(plain_lines(trace, resolution))
    assert all(line.endswith("。") and "{" not in line for line in lines)
    assert not re.search(r"\b(cycle|and|reads|writes|layer \d)\b", "".join(lines))


@pytest.mark.parametrize("width", [40, 61, 80, 120, 200])
def test_the_table_keeps_its_width_in_chinese(width: int) -> None:
    with speaking("zh"):
        lines = [line.plain for line in trace_table(run()).lines(width)]
    assert max(map(cell_len, lines)) <= width
    title = next(line for line in lines if "FLOPs" in line)
    if width >= 80:  # a column stands under its name
        row = next(line for line in lines if "softmax" in line)
        under = cell_len(title[: title.index("步骤")])
        assert cell_len(row[: row.index("softmax")]) == under


def test_a_terminal_of_another_encoding_shows_chinese() -> None:
    raw = io.BytesIO()
    console = Console(width=80, file=io.TextIOWrapper(raw, encoding="gbk"))
    with speaking("zh"):
        console.print(trace_table(run()))
    console.file.flush()
    assert "核验" in raw.getvalue().decode("gbk")


def test_pages_in_chinese(trace: Trace) -> None:
    with speaking("zh"):
        pages = [trace_html(trace), *(cycle_html(c, trace) for c in list(trace)[::9])]
    for page in pages:
        assert HAN.search(page) and "cannot be shown" not in page and "无法显示" not in page


def test_the_shell_speaks_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["trace", "--plain", "--lang", "zh", "Ada met Bob in London."])
    said = capsys.readouterr().out
    assert "核验：与不观测的运行逐位一致。" in said and current() == "en"


@pytest.mark.parametrize(
    ("command", "width"), [([], 80), (["trace"], 80), (["train"], 120), (["learn", "grade"], 80)]
)
def test_help_in_chinese(command: list[str], width: int, capsys, monkeypatch) -> None:
    def said(*options: str) -> str:
        with pytest.raises(SystemExit) as left:
            main([*command, "--help", *options])
        assert left.value.code == 0
        return str(capsys.readouterr().out)

    monkeypatch.setenv("COLUMNS", str(width))
    english, chinese = said(), said("--lang", "zh")
    assert {cell_len(line) for line in chinese.splitlines() if line} == {width}
    assert not re.search(r"[a-z] (the|of|a|to|default) |Usage|Options|OPTIONS", chinese), chinese
    assert chinese.count("…") <= english.count("…")  # no sentence is cut
    assert not re.search("[\x00-\x09\x0b-\x1f\ue000]", chinese)
    assert said("--lang", "en") == english  # nothing of it was kept
    names = [set(re.findall(r"(?<!\w)--?[a-z][a-z-]*", text)) for text in (english, chinese)]
    assert names[0] == names[1]


def test_a_wrong_command_line_is_told_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    for line, said in [
        ("trace --foo", "没有选项 --foo"),
        ("trace --seed x", "'--seed' 的值无效：应是整数"),
        ("trace --seed", "选项 '--seed' 需要一个值"),
        ("open", "缺少参数 'FILE'"),
        ("open tests", "tests 不是可以打开的运行记录：它是文件夹。"),
    ]:
        with pytest.raises(SystemExit):
            main([*line.split()[:1], "--lang=zh", *line.split()[1:]])
        assert said in capsys.readouterr().err


def test_a_footer_label_is_short_in_chinese_too() -> None:
    with speaking("zh"):
        assert all(cell_len(tr(command.label)) <= 10 for command in COMMANDS)


# -- lines ------------------------------------------------------------------------------------

FAMILY = "👩\u200d👩\u200d👧"
SENTENCE = (
    "把 9 个词元（128 个数）加起来：“Ada”、“Bob”，softmax 保持平缓。"
    f"{FAMILY} e\u0301 李雷met Ada 🚀。"
)


@pytest.mark.parametrize("width", range(2, 60))
def test_lines_are_not_too_wide_and_lose_nothing(width: int) -> None:
    lines = fold(SENTENCE, width)
    assert "".join(lines).replace(" ", "") == SENTENCE.replace(" ", "")
    for line in lines:
        assert cell_len(line) <= width or len(line) == 1
    if width >= 16:
        for line in lines:
            assert line[0] not in "，。、：）”" and line[-1] not in "（“"
            assert cell_len(line) > width - 16 or line is lines[-1]


def test_a_joined_picture_is_never_parted() -> None:
    for width in range(6, 30):
        lines = fold("我们" * 9 + f"{FAMILY}好" * 3, width)
        assert sum(line.count(FAMILY) for line in lines) == 3


@given(st.text(alphabet="ab 中文，。（）“”👍🏽\u0301\u200d\n", max_size=60), st.integers(1, 30))
def test_any_text_folds(text: str, width: int) -> None:
    lines = fold(text, width)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    limited = fold(text, width, 2)
    assert len(limited) <= max(2, 1) and all(cell_len(x) <= max(width, 2) for x in limited[-1:])


def test_english_folds_at_blanks_only() -> None:
    words = " ".join(random.Random(0).choices(["layer", "norm", "(x,", "y)", "softmax."], k=60))
    for width in (9, 20, 33):
        lines = fold(words, width)
        assert " ".join(lines) == words and max(map(len, lines)) <= width
    assert fold("one two three four", 9, 2) == ["one two", "three fo…"]
