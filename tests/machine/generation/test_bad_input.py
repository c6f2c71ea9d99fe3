"""What cannot be generated is said in one sentence; what only looks odd just works."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import transformers

import cyclesim
from cyclesim import CyclesimError
from cyclesim.machine.generation import Generation
from cyclesim.machine.tasks import task_for

from .models import PROMPT, machine, model, tokenizer


def sentence(error: pytest.ExceptionInfo[CyclesimError]) -> str:
    said = str(error.value)
    assert "\n" not in said and said.endswith(".") and said.count(". ") == 0
    return said


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"max_new_tokens": 0}, "max_new_tokens 0 makes no sense: give 1 or more."),
        ({"max_new_tokens": 2.5}, "max_new_tokens 2.5 makes no sense: give 1 or more."),
        ({"temperature": 0}, "temperature 0 makes no sense: give a number above 0."),
        ({"top_p": 1.5}, "top_p 1.5 makes no sense: give a number above 0, up to 1."),
        ({"top_k": -1}, "top_k -1 makes no sense: give 0 (for all tokens) or more."),
        ({"num_beams": 0}, "num_beams 0 makes no sense: give 1 to 64."),
        ({"beams": 2}, "generation has no setting 'beams'"),
        ({"sample": False, "top_k": 3}, "top_k changes nothing when the likeliest token is taken"),
        ({"num_beams": 2, "sample": True}, "beam search draws nothing"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(CyclesimError) as error:
        Generation.of(settings)
    assert sentence(error).startswith(said)


def test_a_classifier_generates_nothing() -> None:
    with pytest.raises(CyclesimError) as error:
        cyclesim.load(generation={"max_new_tokens": 3})
    assert "generates no text" in sentence(error)


def test_a_prompt_that_is_too_long_is_not_cut_unasked() -> None:
    made = machine("gpt2", max_new_tokens=2)
    with pytest.raises(CyclesimError) as error:
        cyclesim.trace(made, "Ada " * 80)
    assert "64 positions" in sentence(error)
    asked = made.limited(max_length=10)
    trace = cyclesim.trace(asked, "Ada " * 80, measure=False)
    assert len(trace.header.tokens) == 12


def test_the_text_ends_where_the_positions_do() -> None:
    trace = cyclesim.trace(machine("gpt2", max_new_tokens=10_000), PROMPT, measure=False)
    assert trace.result["finish_reason"] == "context"
    # The last token needs no position: nothing is computed from it.
    assert len(trace.header.tokens) == 64 + 1
    full = cyclesim.trace(machine("gpt2", max_new_tokens=5), "a" * 62, measure=False)
    assert len(full.result["ids"]) == 1 and full.result["finish_reason"] == "context"


def test_a_text_to_stop_at() -> None:
    made = machine("gpt2", max_new_tokens=20, sample=True, seed=3)
    text = cyclesim.trace(made, PROMPT, measure=False).result["text"]
    stopped = cyclesim.trace(made.with_generation(stop=(text[4:6],)), PROMPT, measure=False)
    assert stopped.result["finish_reason"] == "stop"
    assert text[4:6] in stopped.result["text"] and text.startswith(stopped.result["text"])
    assert len(stopped.result["ids"]) < 20


def test_a_gpt_without_pad_and_end_tokens_just_works() -> None:
    config = transformers.GPT2Config(
        vocab_size=len(tokenizer()), n_embd=16, n_layer=1, n_head=2, n_positions=32,
        bos_token_id=None, eos_token_id=None, pad_token_id=None,
    )  # fmt: skip
    made = cyclesim.Machine.of(transformers.GPT2LMHeadModel(config).eval(), tokenizer())
    trace = cyclesim.trace(made.with_generation(max_new_tokens=3), PROMPT, measure=False)
    assert len(trace.result["ids"]) == 3 and trace.verdict.bit_identical is True


def test_a_decoder_that_does_not_know_how_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    config = model("t5").generation_config
    monkeypatch.setattr(config, "decoder_start_token_id", None)
    monkeypatch.setattr(config, "bos_token_id", None)
    with pytest.raises(CyclesimError) as error:
        cyclesim.trace(machine("t5"), PROMPT)
    assert "does not know how to begin" in sentence(error)


def test_several_texts_at_once() -> None:
    with pytest.raises(CyclesimError) as error:
        cyclesim.trace(machine("gpt2"), [PROMPT, PROMPT])
    assert "one text at a time" in sentence(error)


def test_padding_goes_before_a_prompt_and_is_hidden() -> None:
    made = machine("gpt2", max_new_tokens=4)
    plain = cyclesim.trace(made, PROMPT, measure=False)
    padded = cyclesim.trace(made.limited(pad_to=14), PROMPT, measure=False)
    assert (
        padded.header.tokens[0] == "<pad>" and padded.header.tokens[-5] == plain.header.tokens[-5]
    )
    assert padded.result["ids"] == plain.result["ids"]
    made.limited()
    weights = padded.find("softmax and token 2 and layer 0")[0].outputs[0].numpy()
    assert not weights[..., :5].any() and weights[..., 5:].all()


# -- dialogue and tasks with a prefix ------------------------------------------------------------

TEMPLATE = (
    "{% for m in messages %}<s>{{ m.role }}: {{ m.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


def talking(folder: Path, template: str | None) -> cyclesim.Machine:
    tokenizer().save_pretrained(folder)
    if template is not None:
        (folder / "chat_template.jinja").write_text(template)
    made = machine("gpt2", max_new_tokens=3)
    made.tokenizer = type(tokenizer()).from_pretrained(folder)
    made.task = task_for(made.model, "conversational")
    return made


def test_a_message_is_put_into_the_chat_template(tmp_path: Path) -> None:
    made = talking(tmp_path, TEMPLATE)
    trace = cyclesim.trace(made, "Hello Ada", measure=False)
    step = trace.find("chat_template")[0]
    assert step.outputs[0].words == ("<s>user: Hello Ada</s>assistant:",)
    ids = made.tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hello Ada"}], add_generation_prompt=True, return_dict=True
    )["input_ids"]
    tokens = trace.header.tokens[: -trace.header.generated]
    assert list(tokens) == made.tokenizer.convert_ids_to_tokens(ids)
    # What the message is made of points into what was typed; what was put around it does not.
    spans = [span for span in trace.header.offsets if span is not None]
    assert "".join("Hello Ada"[a:b] for a, b in spans) in ("HelloAda", "Hello Ada")
    assert trace.result["prompt"] == "Hello Ada"


def test_without_a_template_the_message_is_read_as_it_is(tmp_path: Path) -> None:
    trace = cyclesim.trace(talking(tmp_path, None), PROMPT, measure=False)
    assert not trace.find(step="chat_template") and len(trace.result["ids"]) == 3


def test_a_chat_template_that_fails(tmp_path: Path) -> None:
    with pytest.raises(CyclesimError) as error:
        cyclesim.trace(talking(tmp_path, "{{ raise_exception('no user allowed') }}"), PROMPT)
    assert "no user allowed" in sentence(error)


def test_a_task_may_have_a_prefix_of_its_own() -> None:
    made = machine("t5", max_new_tokens=2)
    config = made.model.config
    config.task_specific_params = {"summarization": {"prefix": "summarize: ", "num_beams": 4}}
    try:
        made.task = task_for(made.model, "summarization")
    finally:
        config.task_specific_params = None
    trace = cyclesim.trace(made, PROMPT, measure=False)
    assert trace.find("prefix")[0].outputs[0].words == (f"summarize: {PROMPT}",)
    wanted = tokenizer()(f"summarize: {PROMPT}")["input_ids"]
    assert list(trace.header.tokens) == tokenizer().convert_ids_to_tokens(wanted)
    spans = [span for span in trace.header.offsets if span is not None]
    assert spans[-1][1] == len(PROMPT)
