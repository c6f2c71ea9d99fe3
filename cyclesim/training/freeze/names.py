"""Which names are known, and of which kinds: WordNet's instances and the word lists."""

from __future__ import annotations

from collections import defaultdict

from cyclesim.training.freeze import wordnet

__all__ = ["known_names", "lower_words"]


def known_names(
    lists: dict[str, list[str]], nouns: dict[str, wordnet.Synset]
) -> dict[str, set[str]]:
    """The kinds of each name; the lists get WordNet's names too."""
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
    return known


def lower_words() -> set[str]:
    """Words that are no names where a sentence begins with them."""
    lower = {word for part in ("noun", "verb", "adj", "adv") for word, _, _ in wordnet.lemmas(part)}
    lower |= set(
        "the a an this that these those he she it we they you his her its our their your "
        "my if when while in on at by for from with to of and but or not no as all what "
        "who which where why how is are was were do does did don't let's".split()
    )
    return lower
