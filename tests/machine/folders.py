"""Small model folders and tokenizers, made in a second, and ways to break them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer, UnigramTrainer, WordPieceTrainer
from transformers import (
    BertConfig,
    BertForTokenClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

LABELS = ("O", "PER", "ORG", "LOC", "MISC")
CORPUS = [
    "Ada Lovelace worked with Charles Babbage in London.",
    "The quick brown fox jumps over the lazy dog; naïve café, Zürich, 東京, Москва!",
    "अदा लवलेस, آدا, 👩‍💻 emoji and e\u0301 too: 1815–1852.",
] * 3


def wordpiece(limit: int = 512) -> PreTrainedTokenizerFast:
    """As BERT has it: words and ##subwords, [CLS] and [SEP]."""
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    made.train_from_iterator(
        CORPUS, WordPieceTrainer(vocab_size=180, special_tokens=special, show_progress=False)
    )
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(t, made.token_to_id(t)) for t in ("[CLS]", "[SEP]")],
    )
    return _wrapped(made, limit, special, ["input_ids", "token_type_ids", "attention_mask"])


def byte_bpe(limit: int = 512) -> PreTrainedTokenizerFast:
    """As RoBERTa and GPT-2 have it: bytes, so that no text is unknown."""
    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(CORPUS, trainer)
    ends = [(t, made.token_to_id(t)) for t in ("</s>", "<s>")]
    made.post_processor = processors.RobertaProcessing(*ends, trim_offsets=True)
    return _wrapped(made, limit, special)


def unigram(limit: int = 512) -> PreTrainedTokenizerFast:
    """As ALBERT, XLM-R and T5 have it: pieces that count the space before a word as ▁."""
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = UnigramTrainer(
        vocab_size=180, special_tokens=special, unk_token="<unk>", show_progress=False
    )
    made.train_from_iterator(CORPUS, trainer)
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> $B </s>",
        special_tokens=[(t, made.token_to_id(t)) for t in ("<s>", "</s>")],
    )
    return _wrapped(made, limit, special)


def _wrapped(
    made: Tokenizer, limit: int, special: list[str], names: list[str] | None = None
) -> PreTrainedTokenizerFast:
    roles = {
        "pad": "pad_token",
        "unk": "unk_token",
        "mask": "mask_token",
        "cls": "cls_token",
        "sep": "sep_token",
    }
    given = {roles[t.strip("<[]>").lower()]: t for t in special if t.strip("<[]>").lower() in roles}
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        model_max_length=limit,
        model_input_names=names or ["input_ids", "attention_mask"],
        **given,
    )


def bert(**config: Any) -> BertForTokenClassification:
    """A BERT for token classification, sixteen wide, with random weights."""
    torch.manual_seed(0)
    sizes = {
        "vocab_size": 180, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 24, "id2label": dict(enumerate(LABELS)),
    }  # fmt: skip
    return BertForTokenClassification(BertConfig(**{**sizes, **config})).eval()


def small(architecture: str, **config: Any) -> PreTrainedModel:
    """A BERT with any head, sixteen wide, with random weights: `small("BertForMaskedLM")`."""
    torch.manual_seed(0)
    sizes = {
        "vocab_size": 180, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 24,
    }  # fmt: skip
    return getattr(transformers, architecture)(BertConfig(**{**sizes, **config})).eval()


def save(folder: Path, model: PreTrainedModel, tokenizer: Any = None) -> Path:
    """A model folder with `model` in it."""
    model.save_pretrained(folder)
    (tokenizer or wordpiece()).save_pretrained(folder)
    return folder


def make_folder(folder: Path, **config: Any) -> Path:
    """A whole model folder: config, weights, tokenizer."""
    bert(**config).save_pretrained(folder)
    wordpiece().save_pretrained(folder)
    return folder


def copied(folder: Path, target: Path) -> Path:
    """A copy of `folder` to break."""
    return Path(shutil.copytree(folder, target))


def edit_config(folder: Path, **changes: Any) -> None:
    """Change keys of config.json; a value of None removes the key."""
    file = folder / "config.json"
    config = {**json.loads(file.read_text()), **changes}
    file.write_text(json.dumps({k: v for k, v in config.items() if v is not None}))


def edit_weights(folder: Path, change: Any) -> None:
    """Let `change` alter the dictionary of weights."""
    file = folder / "model.safetensors"
    weights = load_file(file)
    change(weights)
    save_file(weights, file, metadata={"format": "pt"})
