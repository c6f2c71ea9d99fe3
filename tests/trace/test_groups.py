"""Ticks of coarser clocks: what they are called."""

from __future__ import annotations

from cyclesim.trace import Call, Cycle, group


def cycle(number: int, path: str, layer: int) -> Cycle:
    block = Call(path, 1, "Block")
    return Cycle(
        number, "ffn", "dense", f"{path}.dense", 1, "linear", layer=layer,
        stack=(Call("", 1, "Model"), block, Call(f"{path}.dense", 1, "Linear", leaf=True)),
    )  # fmt: skip


def titles(*paths: str) -> list[str]:
    cycles = [cycle(n, path, int(path[-1])) for n, path in enumerate(paths)]
    return [found.title for found in group(cycles, "layer")]


def test_a_model_with_two_stacks_says_which() -> None:
    found = titles("encoder.block.0", "encoder.block.1", "decoder.block.0", "decoder.block.1")
    assert found == [
        "encoder layer 0", "encoder layer 1", "decoder layer 0", "decoder layer 1",
    ]  # fmt: skip


def test_a_model_with_one_need_not() -> None:
    assert titles("bert.encoder.layer.0", "bert.encoder.layer.1") == ["layer 0", "layer 1"]
    assert titles("model.decoder.layers.0") == ["layer 0"]
