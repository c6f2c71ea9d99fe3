"""Dates as people write them, each with what it means: ``twenty-third of May 1997``, 1997-05-23."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Iterator

from cyclesim.training.corpus import held_out

FIRST, LAST = 1000, 2099  # years
HELD_OUT = 12  # one date in so many is never trained on, in no spelling

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINAL = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_MONTHS = (
    "January February March April May June July August September October November December"
).split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_FEASTS = {
    (1, 1): ["New Year's Day"],
    (2, 14): ["Valentine's Day"],
    (10, 31): ["Halloween"],
    (12, 24): ["Christmas Eve"],
    (12, 25): ["Christmas Day", "Christmas"],
    (12, 31): ["New Year's Eve"],
}


def number(n: int) -> str:
    """A number below a hundred in words: ``ninety-seven``."""
    if n < 20:
        return _ONES[n]
    tens, ones = divmod(n, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")


def ordinal(n: int) -> str:
    """The same as an ordinal: ``twenty-third``."""
    *front, last = number(n).split("-")
    if last in _ORDINAL:
        last = _ORDINAL[last]
    else:
        last = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return "-".join([*front, last])


def short_ordinal(n: int) -> str:
    """An ordinal with digits: ``23rd``."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{'th' if 10 < n < 14 else ending}"


def year_in_words(year: int, rng: random.Random) -> str:
    """``nineteen ninety-seven``, ``nineteen oh five``, ``two thousand and four``, …"""
    century, rest = divmod(year, 100)
    if century == 20 and (rest < 10 or (rest < 20 and rng.random() < 0.5)):
        link = rng.choice([" and ", " "])
        return "two thousand" + (link + number(rest) if rest else "")
    if rest == 0:
        return "one thousand" if century == 10 else f"{number(century)} hundred"
    if rest < 10:
        return f"{number(century)} {rng.choice(['oh', 'hundred and'])} {number(rest)}"
    return f"{number(century)} {number(rest)}"


class Writer:
    """Writes one date in many ways."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.ways: dict[str, Callable[[datetime.date], str]] = {
            "day first": self.day_first,
            "month first": self.month_first,
            "in words": self.in_words,
            "short": self.short,
            "feast": self.feast,
        }

    def write(self, date: datetime.date) -> tuple[str, str]:
        """(name of the way, text); now and then all in small letters or capitals."""
        feast = (date.month, date.day) in _FEASTS and self.rng.random() < 0.5
        way = "feast" if feast else self.rng.choice([w for w in self.ways if w != "feast"])
        text = self.ways[way](date)
        draw = self.rng.random()
        if draw < 0.15:
            text = text.lower()
        elif draw < 0.2:
            text = text.upper()
        else:
            text = text[0].upper() + text[1:] if draw < 0.6 else text
        return way, text

    def year(self, date: datetime.date, words: float = 0.15) -> str:
        return year_in_words(date.year, self.rng) if self.rng.random() < words else str(date.year)

    def month(self, date: datetime.date, short: float = 0.3) -> str:
        name = _MONTHS[date.month - 1]
        if len(name) < 5 or self.rng.random() >= short:
            return name
        cut = "Sept" if name == "September" and self.rng.random() < 0.5 else name[:3]
        return cut + self.rng.choice(["", "."])

    def weekday(self, date: datetime.date) -> str:
        """Sometimes the day of the week; it adds nothing, so it may not disturb either."""
        name = _DAYS[date.weekday()]
        if self.rng.random() < 0.3:
            name = name[:3]
        return self.rng.choice(["", "", "", f"{name}, ", f"{name} ", f"on {name}, ", "on "])

    def day_first(self, date: datetime.date) -> str:
        day, month, year = date.day, self.month(date), self.year(date)
        return self.weekday(date) + self.rng.choice([
            f"{day} {month} {year}",
            f"{day}. {month} {year}",
            f"{short_ordinal(day)} {month} {year}",
            f"{short_ordinal(day)} of {month}, {year}",
            f"the {short_ordinal(day)} of {month} {year}",
            f"the {short_ordinal(day)} day of {month} in the year {year}",
            f"{day} {month}, {year}",
        ])  # fmt: skip

    def month_first(self, date: datetime.date) -> str:
        day, month, year = date.day, self.month(date), self.year(date)
        return self.weekday(date) + self.rng.choice([
            f"{month} {day}, {year}",
            f"{month} {day} {year}",
            f"{month} {short_ordinal(day)}, {year}",
            f"{month} the {short_ordinal(day)}, {year}",
            f"{month} {number(day)}, {year}",
        ])  # fmt: skip

    def in_words(self, date: datetime.date) -> str:
        day, month, year = ordinal(date.day), self.month(date, 0.0), self.year(date, 0.7)
        if self.rng.random() < 0.1:
            day = day.replace("-", " ")
        return self.weekday(date) + self.rng.choice([
            f"{day} of {month} {year}",
            f"the {day} of {month} {year}",
            f"the {day} of {month}, {year}",
            f"{month} {day}, {year}",
            f"{month} the {day}, {year}",
            f"the {day} of {month} in the year {year}",
            f"the {day} day of {month}, {year}",
        ])  # fmt: skip

    def short(self, date: datetime.date) -> str:
        """Figures only where the order is clear: the year first, or the month by its name."""
        name = _MONTHS[date.month - 1][:3]
        return self.rng.choice([
            f"{date.year}/{date.month:02}/{date.day:02}",
            f"{date.year}.{date.month:02}.{date.day:02}",
            f"{date.year}{date.month:02}{date.day:02}",
            f"{date.year} {name} {date.day}",
            f"{date.day}-{name}-{date.year}",
            f"{date.day:02}-{name}-{date.year}",
            f"{date.day:02} {name} {date.year}",
            f"{date.year}, {self.month(date)} {date.day}",
        ])  # fmt: skip

    def feast(self, date: datetime.date) -> str:
        name = self.rng.choice(_FEASTS[date.month, date.day])
        return self.rng.choice([f"{name} {self.year(date)}", f"{name} of {self.year(date)}",
                                f"{name}, {self.year(date)}"])  # fmt: skip


def stream(seed: int, *, held: bool = False) -> Iterator[tuple[str, str, str]]:
    """(way, text, date as YYYY-MM-DD) without end: for training, or (``held``) other dates."""
    rng = random.Random(seed)
    writer = Writer(rng)
    first = datetime.date(FIRST, 1, 1).toordinal()
    last = datetime.date(LAST, 12, 31).toordinal()
    while True:
        date = datetime.date.fromordinal(rng.randint(first, last))
        if rng.random() < 0.03:
            date = date.replace(day=1).replace(
                **dict(zip(("month", "day"), rng.choice(list(_FEASTS)), strict=True))
            )
        if held_out(date.isoformat(), HELD_OUT) == held:
            yield *writer.write(date), date.isoformat()
