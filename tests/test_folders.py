"""A person's files: in one folder if they say so, whole or not there at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cyclesim.folders import (
    HOME,
    cache_folder,
    config_folder,
    read_json,
    state_folder,
    write_json,
)

FOLDERS = (config_folder, state_folder, cache_folder)


def test_one_home_holds_all_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME, str(tmp_path))
    found = {folder() for folder in FOLDERS}
    assert len(found) == 3 and {f.parent for f in found} == {tmp_path}
    assert not any(f.exists() for f in found)


@pytest.mark.parametrize("home", [None, ""])
def test_without_one_they_are_where_the_system_wants_them(
    home: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if home is None:
        monkeypatch.delenv(HOME, raising=False)
    else:
        monkeypatch.setenv(HOME, home)
    assert all(f().is_absolute() and "cyclesim" in f().parts for f in FOLDERS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON)
def test_what_is_written_is_read(tmp_path: Path, content: object) -> None:
    path = tmp_path / "deep" / "file.json"
    assert write_json(path, content)
    assert read_json(path) == content
    assert [p.name for p in path.parent.iterdir()] == ["file.json"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=40))
def test_a_broken_file_is_none_or_json(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    read_json(path)  # never raises


def test_a_missing_file_and_a_folder_are_none(tmp_path: Path) -> None:
    assert read_json(tmp_path / "none.json") is None
    assert read_json(tmp_path) is None


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.json"
    write_json(path, 1)

    def fails(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("cyclesim.folders.os.replace", fails)
    assert not write_json(path, 2)
    assert read_json(path) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["file.json"]


def test_a_file_in_the_way_of_the_folder_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not write_json(tmp_path / "file" / "x.json", 1)
