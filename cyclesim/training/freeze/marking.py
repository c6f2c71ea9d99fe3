"""Marks the names in prose by looking them up."""

from __future__ import annotations

import re

from cyclesim.training.sentences import Piece

# Capitalised words that are no names, wherever they stand.
PLAIN_CAPITALS = set(
    "I Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May "
    "June July August September October November December President Prime Minister Mr Mrs Ms Dr "
    "King Queen Prince Princess Lord Lady Sir Senator Governor General Colonel Captain Professor "
    "Pope Emperor Duke Earl Bishop Mayor Judge A.D B.C AD BC DNA RNA TV OK PM AM".split()
)


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
