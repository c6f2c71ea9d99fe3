"""What `--against` and `--sweep` understand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclesim import CyclesimError
from cyclesim.versus import VARIANTS, Variant, parse_sweep, parse_variants


def test_each_kind() -> None:
    assert parse_variants(
        "eager,sdpa,compile,bf16,fp16,int8,no-cache,threads=2,batch=4,seq=64"
    ) == (
        Variant("eager", attention="eager"),
        Variant("sdpa", attention="sdpa"),
        Variant("compile", compile=True),
        Variant("bf16", dtype="bfloat16"),
        Variant("fp16", dtype="float16"),
        Variant("int8", int8=True),
        Variant("no-cache", no_cache=True),
        Variant("threads=2", threads=2),
        Variant("batch=4", batch=4),
        Variant("seq=64", length=64),
    )


def test_a_number_goes_on_with_the_setting_before_it() -> None:
    names = [v.name for v in parse_variants("threads=1,2,4,sdpa,batch=2,8")]
    assert names == ["threads=1", "threads=2", "threads=4", "sdpa", "batch=2", "batch=8"]


def test_several_at_once_and_each_once() -> None:
    (one,) = parse_variants(["compile+bf16+batch=4", " compile+bf16+batch=4 ,"])
    assert one == Variant("compile+bf16+batch=4", dtype="bfloat16", compile=True, batch=4)


@pytest.mark.parametrize(
    "wrong",
    ["magic", "sdpa=2", "threads", "threads=", "threads=0", "threads=-1", "threads=x", "1,sdpa",
     "batch=999999999", "sdpa+eager", "bf16+fp16", "sdpa+", "threads=1+threads=2", "seq=٣"],
)  # fmt: skip
def test_what_makes_no_sense(wrong: str) -> None:
    with pytest.raises(CyclesimError) as said:
        parse_variants(wrong)
    assert "\n" not in str(said.value)


def test_an_unknown_one_is_told_what_there_is() -> None:
    with pytest.raises(CyclesimError, match="compile") as said:
        parse_variants("flash")
    assert all(name in str(said.value) for name in VARIANTS)


def test_too_many() -> None:
    with pytest.raises(CyclesimError, match="too many"):
        parse_variants([f"threads={n}" for n in range(1, 100)])


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_a_range_has_both_ends_and_doubles_between(low: int, more: int) -> None:
    lengths = parse_sweep(f"seq={low}..{low + more}")
    assert (lengths[0], lengths[-1]) == (low, low + more)
    assert all(b == 2 * a for a, b in pairwise(lengths[:-1]))
    assert all(a < b <= 2 * a for a, b in pairwise(lengths))


def test_a_list_is_sorted_and_has_each_once() -> None:
    assert parse_sweep("seq=64, 16,256,16") == (16, 64, 256)
    assert parse_sweep([64, 16, 256, 16]) == (16, 64, 256)


@pytest.mark.parametrize(
    "wrong", ["", "seq", "seq=", "seq=16", "seq=16..16", "seq=64..16", "seq=0..16", "batch=1..4",
              "seq=a..b", "seq=16...32"]
)  # fmt: skip
def test_a_sweep_that_makes_no_sense(wrong: str) -> None:
    with pytest.raises(CyclesimError):
        parse_sweep(wrong)
