"""A form with its SDTM mappings in, what a reviewer expects on an annotated form out: where each item goes.

Reads expressions, evaluates none. What no mapping reads is said to be not submitted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trialkit.document.mapping_reading import MappingReading
from trialkit.document.skip_logic import SkipWords
from trialkit.language.parse import parse
from trialkit.language.tree import Call, Constant, ItemName, items_in
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.study import Study

__all__ = ["NOT_SUBMITTED", "Annotation", "DomainBox", "FormAnnotations", "annotate"]

NOT_SUBMITTED = "[NOT SUBMITTED]"
_BY_PLUGIN = "python"


@dataclass(frozen=True, slots=True)
class Annotation:
    """Where an item goes: the domain (empty when nowhere) and the words, for example ``VS.VSPOS``."""

    domain: str
    text: str


@dataclass(frozen=True, slots=True)
class DomainBox:
    """A domain that a form feeds.

    Attributes:
        domain: its code.
        label: its name; empty when it is not known.
        assigned: what the mapping fills in by itself, for example ``QSCAT = PHQ-9``.
    """

    domain: str
    label: str
    assigned: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """``VS (Vital Signs)``."""
        return f"{self.domain} ({self.label})" if self.label else self.domain


@dataclass(frozen=True, slots=True)
class FormAnnotations:
    """The annotations of one form: its domains in the order of the mappings, and those of each item."""

    domains: tuple[DomainBox, ...]
    items: Mapping[str, tuple[Annotation, ...]]

    @property
    def is_submitted(self) -> bool:
        """Whether any of it goes anywhere."""
        return bool(self.domains)


def annotate(study: Study, form: Form, labels: Mapping[str, str]) -> FormAnnotations:
    """Say where each item of a form goes.

    Args:
        study: the compiled study, for the labels of codes and the protocol.
        form: the form.
        labels: domain to its name.
    """
    reading = MappingReading(form, SkipWords(form, study.codelists, study.protocol))
    domains = dict.fromkeys(mapping.domain for mapping in form.sdtm)
    items = {item.item: _of_item(form, item, reading) for item in form.items}
    boxes = tuple(DomainBox(domain, labels.get(domain, ""), tuple(_assigned(form, domain))) for domain in domains)
    return FormAnnotations(boxes, items)


def _of_item(form: Form, item: Item, reading: MappingReading) -> tuple[Annotation, ...]:
    found = [Annotation(domain, text) for domain, text in reading.of(item.item)]
    return tuple(found or _echoes(form, item, reading)) or (_unread(form, item),)


def _echoes(form: Form, item: Item, reading: MappingReading) -> Iterator[Annotation]:
    """Computed items that show what the export makes by itself: visit, timepoint, unit, standard result."""
    if item.derive is None or item.derive == _BY_PLUGIN:
        return
    match parse(item.derive):
        case Call(function="visit", arguments=()):
            yield from (Annotation(domain, f"{domain}.VISIT") for domain in _domains(form))
        case Call(function="timepoint", arguments=()):
            yield from (Annotation(domain, f"{domain}.{domain}TPT") for domain in _domains(form))
        case Call(function="unit", arguments=(ItemName(item=name),)):
            for domain, testcd in reading.tests_of(name):
                yield Annotation(domain, f"{domain}.{domain}ORRESU when {domain}TESTCD = {testcd}")
        case ItemName(item=name):
            for domain, testcd in reading.tests_of(name):
                yield Annotation(domain, f"{domain}.{domain}STRESN when {domain}TESTCD = {testcd}")


def _domains(form: Form) -> list[str]:
    return list(dict.fromkeys(mapping.domain for mapping in form.sdtm))


def _assigned(form: Form, domain: str) -> Iterator[str]:
    """What the mappings of a domain fill in without an item: constants, and what comes from the record's place."""
    seen: dict[str, list[str]] = {}
    for mapping in form.sdtm:
        if mapping.domain != domain or f"{domain}STAT" in mapping.variables:
            continue
        for variable, expression in mapping.variables.items():
            tree = parse(expression)
            if not items_in(tree):
                value = str(tree.value or "empty") if isinstance(tree, Constant) else expression
                values = seen.setdefault(variable, [])
                if value not in values:
                    values.append(value)
    return (f"{variable} = {' or '.join(values)}" for variable, values in seen.items())


def _unread(form: Form, item: Item) -> Annotation:
    used = [
        other.item
        for other in form.items
        if other.derive is not None and other.derive != _BY_PLUGIN and item.item in items_in(parse(other.derive))
    ]
    note = f" used to compute {', '.join(used[:3])}" if used else ""
    return Annotation("", NOT_SUBMITTED + note)
