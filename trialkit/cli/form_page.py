"""A form as a page that people read: every item with what it takes, the checks, where the data go."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from trialkit.cli.output import plural, printable, show_table
from trialkit.cli.paint import paint

if TYPE_CHECKING:
    from trialkit.document.annotations import FormAnnotations
    from trialkit.engine import Assembly
    from trialkit.model.check import Check, Severity
    from trialkit.model.codelist import CodeList
    from trialkit.model.form import Form
    from trialkit.model.item import Item

TO_CONFIRM = "To be confirmed"

_LABELS = len(TO_CONFIRM)
_INDENT = 2
_NARROWEST, _WIDEST = 40, 100
_MOST_INLINE = 12
_LONGEST_INLINE = 300
_GOES_TO = "Goes to"
_ITSELF = "its own name"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a page: what it is about, and what is so."""

    label: str
    text: str


def page_width() -> int:
    """How wide a page may be: the terminal, at most 100 columns; 80 where there is none."""
    return max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size().columns))


def show_fitting(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose last column wraps on a terminal. Piped, each row stays on one line."""
    room = page_width() - sum(max(map(len, column)) + 2 for column in list(zip(header, *rows, strict=True))[:-1])
    if not sys.stdout.isatty() or room < _NARROWEST // 2:
        show_table(header, rows)
        return
    wrapped: list[Sequence[str]] = []
    for *others, last in rows:
        first, *more = textwrap.wrap(last, room, break_on_hyphens=False) or [""]
        wrapped += [(*others, first), *((*("" for _ in others), line) for line in more)]
    show_table(header, wrapped)


def show_form_page(assembly: Assembly, form: Form) -> None:
    """Print a form of the study as a page."""
    page = _Page(assembly, form)
    _show_title(form.form, form.title)
    _show_facts(page.head())
    _show_heading(f"Items ({len(form.items)})")
    for group in page.groups():
        for item in group.items:
            _show_title(item.item, item.label)
        _show_facts(group.facts)
    checks = list(page.checks())
    if checks:
        _show_heading(f"Checks ({len(checks)})")
    for name, facts in checks:
        _show_title(name, "")
        _show_facts(facts)
    for codelist in page.long_lists():
        _show_heading(f"List {codelist.codelist}  {codelist.title}".rstrip())
        for term in codelist.terms:
            _show_facts([Fact(term.code, term.display if term.display != term.code else "")])


def _show_heading(text: str) -> None:
    click.echo()
    click.echo(paint(printable(text.upper()), bold=True))


def _show_title(name: str, text: str) -> None:
    """A name in bold with its text behind it, wrapped below itself."""
    first, *more = textwrap.wrap(printable(f"{name}  {text}".rstrip()), page_width(), subsequent_indent="    ")
    click.echo(first.replace(name, paint(name, bold=True), 1))
    for line in more:
        click.echo(line)


def _show_facts(facts: Sequence[Fact]) -> None:
    for fact in facts:
        begin = " " * _INDENT + printable(fact.label).ljust(_LABELS) + "  "
        rest = " " * len(begin) if len(begin) == _INDENT + _LABELS + 2 else " " * (_INDENT + _LABELS + 2)
        text = printable(" ".join(fact.text.split()))
        width = page_width()
        lines = textwrap.wrap(text, width, initial_indent=begin, subsequent_indent=rest, break_on_hyphens=False)
        for line in lines or [begin.rstrip()]:
            click.echo(paint(line, "yellow") if fact.label == TO_CONFIRM else line)


@dataclass(frozen=True, slots=True)
class _Group:
    """Items that stand behind each other and take the same."""

    items: tuple[Item, ...]
    pattern: tuple[Fact, ...]
    own: tuple[Fact, ...]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What is so of its item, or of each of its items."""
        if len(self.items) == 1:
            return self.own
        first, *others = self.pattern
        return (replace(first, text=f"each of these {len(self.items)}: {first.text}"), *others)


class _Page:
    """What a page says, fact by fact."""

    def __init__(self, assembly: Assembly, form: Form) -> None:
        from trialkit.document.annotations import annotate
        from trialkit.document.skip_logic import SkipWords
        from trialkit.export.sdtm.standard import load_standard

        self._assembly = assembly
        self._study = assembly.study
        self._form = form
        self._words = SkipWords(form, self._study.codelists, self._study.protocol)
        labels = {domain.domain: domain.label for domain in load_standard().domains.values()}
        self._targets: FormAnnotations = annotate(self._study, form, labels)
        self._origin = self._study.origins[f"form:{form.form}"].plugin

    def head(self) -> list[Fact]:
        """What stands above the items."""
        form = self._form
        rows = "any number for a site" if form.reference else "any number at a visit" if form.repeating else ""
        facts = [
            Fact("Version", f"{form.version}, handed in by {self._origin}"),
            Fact("Rows", rows),
            Fact("Help", form.help),
        ]
        if form.instrument is not None:
            wording = {"full": "the full wording", "labels": "short labels only; rate from the licensed copy"}
            facts += [
                Fact("Answered by", form.instrument.rater),
                Fact("Period", form.instrument.recall),
                Fact("Category", form.instrument.category),
                Fact("Licence", form.instrument.licence),
                Fact("Wording", wording[form.instrument.wording]),
                Fact("Items from", form.instrument.source),
            ]
        facts.append(Fact("Source", form.source))
        for box in self._targets.domains:
            assigned = f": {'; '.join(box.assigned)}" if box.assigned else ""
            facts.append(Fact(_GOES_TO, f"{box.title}{assigned}"))
        facts += [Fact(TO_CONFIRM, text) for text in form.to_confirm]
        return [fact for fact in facts if fact.text]

    def groups(self) -> list[_Group]:
        """The items in order; neighbours that take the same are told once."""
        groups: list[_Group] = []
        for item in self._form.items:
            own = tuple(fact for fact in self._facts(item) if fact.text)
            pattern = tuple(_without_name(fact, item.item) for fact in own)
            if groups and groups[-1].pattern == pattern and item.derive is None:
                groups[-1] = replace(groups[-1], items=(*groups[-1].items, item))
            else:
                groups.append(_Group((item,), pattern, own))
        return groups

    def checks(self) -> Iterator[tuple[str, list[Fact]]]:
        """Each check by name: those of definitions first, then those that plugins hand in as Python."""
        for check in self._study.checks.get(self._form.form, ()):
            facts = [
                Fact("Severity", f"{_severity(check.severity)}; action {check.effective_action}"),
                Fact("When", check.in_short),
                Fact("Numbers", self._numbers(check)),
                Fact("Says", check.message),
                Fact("About", ", ".join(check.items)),
                Fact("Source", check.source),
                Fact("From", self._stranger(self._study.origins[f"check:{check.check}"].plugin)),
            ]
            yield check.check, [fact for fact in facts if fact.text]
        for python, plugin in self._assembly.plans[self._form.form].checks.python_checks:
            action = "reject" if python.severity == "hard" else "query"
            every = "" if python.form else ", on every form"
            facts = [
                Fact("Severity", f"{_severity(python.severity)}; action {action}"),
                Fact("When", f"decided in Python by {plugin}{every}"),
                Fact("Says", python.message),
                Fact("About", ", ".join(python.items)),
            ]
            yield python.check, [fact for fact in facts if fact.text]

    def long_lists(self) -> list[CodeList]:
        """The code lists that are too long to stand at their items."""
        names = dict.fromkeys(item.codelist for item in self._form.items if item.codelist is not None)
        return [self._study.codelists[name] for name in names if _is_long(self._study.codelists[name])]

    def _facts(self, item: Item) -> Iterator[Fact]:
        from trialkit.define.item_words import (
            computed_words,
            counted_words,
            interval_words,
            missing_words,
            role_words,
            score_behind,
            type_words,
            unit_words,
        )

        unit = unit_words(item)
        required = "; required" if item.required else ""
        yield Fact("Type", f"{type_words(item)}{f', in {unit}' if unit else ''}{required}")
        yield Fact("Codes", self._codes(item))
        yield Fact("Possible", interval_words(item.hard, item.unit))
        yield Fact("Usual", interval_words(item.soft, item.unit))
        if item.collect_when is not None:
            yield Fact("Asked", f"when {self._words.asking(item.collect_when, None).words}")
        prorates = self._form.form not in self._study.protocol.no_prorating
        yield Fact("Computed", computed_words(self._form, item, prorates=prorates))
        score = score_behind(self._form, item)
        if score is not None and score.score == item.item:
            yield Fact("Of", counted_words(score, self._form))
        if item.derive is None and missing_words(item.missing) != "all":
            yield Fact("Missing reasons", missing_words(item.missing))
        yield Fact("Later dates", "are expected" if item.future else "")
        yield Fact("Hidden from", role_words(item.hidden_from, self._study.codelists))
        yield Fact(_GOES_TO, "; ".join(target.text for target in self._targets.items[item.item]))
        yield Fact("Help", item.help)
        yield Fact("Source", item.source)
        yield Fact(TO_CONFIRM, item.to_confirm)

    def _codes(self, item: Item) -> str:
        from trialkit.define.item_words import codes_words

        if item.codelist is None:
            return ""
        codelist = self._study.codelists[item.codelist]
        if _is_long(codelist):
            return f"{plural(len(codelist.terms), 'code')}, listed below under {codelist.codelist}"
        return codes_words(codelist)

    def _numbers(self, check: Check) -> str:
        """The numbers of the protocol that a check reads."""
        parameters = self._study.protocol.parameters
        names = dict.fromkeys(re.findall(r"\bP\.(\w+)", check.when or ""))
        known = [(name, parameters[name]) for name in names if name in parameters]
        return "; ".join(f"P.{name} is {found.value:f} {found.unit}".rstrip() for name, found in known)

    def _stranger(self, plugin: str) -> str:
        return "" if plugin == self._origin else f"plugin {plugin}"


def _without_name(fact: Fact, item: str) -> Fact:
    """A fact that may be that of a neighbour, too: only where the data go speaks of the item itself."""
    if fact.label != _GOES_TO:
        return fact
    return replace(fact, text=re.sub(rf"\b{re.escape(item)}\b", _ITSELF, fact.text))


def _is_long(codelist: CodeList) -> bool:
    from trialkit.define.item_words import codes_words

    return len(codelist.terms) > _MOST_INLINE or len(codes_words(codelist)) > _LONGEST_INLINE


def _severity(severity: Severity) -> str:
    """``hard (not stored)``."""
    return f"{severity} ({'not stored' if severity == 'hard' else 'stored and queried'})"
