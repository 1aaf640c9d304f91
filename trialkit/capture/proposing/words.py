"""The words that sites use, as data: synonyms of headers, and spellings of answers, units and missing values.

Each line of the two tables names its source. A word that is not there is asked about, never guessed.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources

_STOP = frozenset(
    re.findall(
        r"\w+",
        "a an and any are at by did do does for had has have how if in is it of on or the there this to was were what "
        "when which who with",
    )
)
_WORDS = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """A header or answer for comparison: its words and numbers in small letters, one blank between them."""
    normal = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_WORDS.findall(normal))


def fold_text(text: str) -> str:
    """An answer for comparison: small letters, single blanks; signs stay."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def core_words(label: str) -> frozenset[str]:
    """The words of a label that say what it asks for."""
    return frozenset(fold(label).split()) - _STOP


@cache
def synonyms() -> Mapping[str, Mapping[str, str]]:
    """Folded word to its targets, each with the source: items in capitals, roles in small letters."""
    found: dict[str, dict[str, str]] = {}
    for row in _table("synonyms.csv"):
        found.setdefault(fold(row["word"]), {})[row["target"]] = row["source"]
    return found


@cache
def spellings(kind: str) -> Mapping[str, str]:
    """Folded text to what it means, for a code list or one of missing, unsure, unit, summary, timepoint."""
    return {fold_text(row["text"]): row["meaning"] for row in _table("spellings.csv") if row["kind"] == kind}


@cache
def _table(name: str) -> tuple[dict[str, str], ...]:
    text = resources.files("trialkit.capture.proposing").joinpath(name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
