"""Finds the subject that a row names, or enrols it when the mapping says so. Identifiers are compared exactly."""

from __future__ import annotations

import re
from collections.abc import Mapping

from trialkit.capture.mapped_row import KeyText, RefusedCellError
from trialkit.errors import UsageError
from trialkit.model.record import Subject
from trialkit.model.study import Study
from trialkit.wording import list_some, quote

_NUMBER = r"[A-Za-z0-9][A-Za-z0-9_.]*(?:-[A-Za-z0-9_.]+)*"
_LOOK_ALIKE = str.maketrans("oil", "011")
_DIGITS = re.compile(r"[0-9]+", re.ASCII)

_Likeness = tuple[tuple[int, ...], str]
"""The numbers in an identifier, and its letters."""


def name_subject(study: Study, site: str, number: str) -> Subject:
    """The subject that a site's number makes, named as the study says.

    Raises UsageError U101 for an unknown site, U119 for a number that is blank or holds other than letters, digits,
    point, underscore and single hyphens.
    """
    definition = study.definition
    if definition.site(site) is None:
        known = list_some((found.site for found in definition.sites), 20)
        raise UsageError("U101", f"The study has no site {site!r:.40}.", remedy=f"Use one of: {known}.")
    if re.fullmatch(_NUMBER, number, re.ASCII) is None:
        raise UsageError(
            "U119", f"{number!r:.40} is no number of a subject.", remedy="Use letters and digits, for example 0007."
        )
    name = definition.subject_id.format(study=definition.study, site=site, number=number)
    return Subject(name, site, number)


class SubjectFinder:
    """Knows the subjects of the study, and collects those that a file adds.

    Args:
        study: the compiled study.
        subjects: the subjects there are, by identifier.
        enrol: whether an unknown one may be added.
    """

    def __init__(self, study: Study, subjects: Mapping[str, Subject], *, enrol: bool) -> None:
        self._study = study
        self._known = subjects
        self._enrol = enrol
        self._new: dict[str, Subject] = {}
        self._alike: dict[_Likeness, list[str]] = {}
        self._patterns = subject_patterns(study) if enrol else {}

    @property
    def new_subjects(self) -> tuple[Subject, ...]:
        """The subjects that were added, in the order in which they were met."""
        return tuple(self._new.values())

    def is_new(self, name: str) -> bool:
        """Whether a subject of this name was added."""
        return name in self._new

    def find(self, key: KeyText) -> Subject:
        """The subject of this identifier.

        Raises:
            RefusedCellError: M101 (unknown, or blank), M102 (can not be enrolled under this name).
        """
        source = key.sources[0] if key.sources else None
        found = self._known.get(key.text) or self._new.get(key.text)
        if found is not None:
            return found
        if not key.text:
            raise RefusedCellError("M101", "The row holds data, but names no subject.", "Fill in the subject.", source)
        alike = self._find_alike(key.text)
        if not self._enrol:
            meant = f"Did you mean {alike[0]}?" if len(alike) == 1 else ""
            remedy = meant or "Enrol the subject first, or say enrol: true in the mapping."
            raise RefusedCellError("M101", f"There is no subject {quote(key.text)}.", remedy, source)
        enrolled = self._enrol_subject(key)
        if alike:
            raise RefusedCellError(
                "M102",
                f"{quote(key.text)} is not enrolled: it is written almost as {alike[0]} is.",
                f"Write {alike[0]} if that is meant; if not, enrol it first: trialkit subject add.",
                source,
            )
        self._new[key.text] = enrolled
        self._alike[_likeness(key.text)] = [key.text]
        return enrolled

    def _enrol_subject(self, key: KeyText) -> Subject:
        matches = {site: pattern.fullmatch(key.text) for site, pattern in self._patterns.items()}
        candidates = [Subject(key.text, site, match["number"]) for site, match in matches.items() if match]
        if len(candidates) == 1:
            return candidates[0]
        sites = list_some((site.site for site in self._study.definition.sites), 20)
        raise RefusedCellError(
            "M102",
            f"{quote(key.text)} can not be enrolled: "
            + (
                "it may belong to several sites." if candidates else "it does not name a site and number of this study."
            ),
            f"Subjects are written {self._study.definition.subject_id}; the sites are: {sites}.",
            key.sources[0] if key.sources else None,
        )

    def _find_alike(self, text: str) -> list[str]:
        """The subjects that are written almost so: with other zeros before numbers, other signs, an O for a 0.

        Another number is another person, however near it comes: whoever follows such a hint puts data on somebody else.
        """
        if not self._alike:
            for name in self._known:
                self._alike.setdefault(_likeness(name), []).append(name)
        return self._alike.get(_likeness(text), [])


def _likeness(name: str) -> _Likeness:
    """What stays of an identifier when nothing counts but its numbers and, where it has some, its letters."""
    has_digits = _DIGITS.search(name) is not None
    folded = name.casefold().translate(_LOOK_ALIKE) if has_digits else name.casefold()
    return tuple(map(int, _DIGITS.findall(folded))), "".join(filter(str.isalpha, folded))


def subject_patterns(study: Study) -> dict[str, re.Pattern[str]]:
    """For each site how its subjects are written; none where a name does not tell the site and there are several."""
    definition = study.definition
    sites = [site.site for site in definition.sites]
    if "{site}" not in definition.subject_id and len(sites) != 1:
        return {}
    return {site: re.compile(_pattern(definition.subject_id, definition.study, site), re.ASCII) for site in sites}


def _pattern(subject_id: str, study: str, site: str) -> str:
    pieces = re.split(r"(\{\w+\})", subject_id)
    fixed = {"{study}": re.escape(study), "{site}": re.escape(site)}
    made: list[str] = []
    for piece in pieces:
        if piece == "{number}":
            made.append("(?P=number)" if any("(?P<number>" in part for part in made) else f"(?P<number>{_NUMBER})")
        else:
            made.append(fixed.get(piece, re.escape(piece)))
    return "".join(made)
