"""A rule as a page that people read: what it says, when it fires, what it reads, what follows."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialkit.cli.form_page import Fact, page_width
from trialkit.cli.output import as_data, printable, show_json, show_table
from trialkit.cli.paint import paint

if TYPE_CHECKING:
    from trialkit.document.rule_inputs import RuleInput
    from trialkit.document.rule_words import OutlineLine
    from trialkit.engine import Assembly
    from trialkit.engine.rules import Rule
    from trialkit.model.study import Study

_LABELS = 12
_INDENT = "  "
_HEADER = ("READS", "WHAT IT IS", "UNIT", "WHERE FROM", "HOW")
_WRAPPED = (1, 3, 4)
"""The columns of the table that wrap on a terminal."""

_NARROWEST = 12


def assembled(folder: Path | None) -> Assembly:
    """The study that is meant, from its definitions alone: no store is needed to read a rule."""
    from trialkit.engine import assemble, find_study
    from trialkit.registry import load_registry

    return assemble(find_study(folder or Path.cwd()), load_registry())


def rule_data(found: Rule) -> dict[str, object]:
    """A rule for machines."""
    return {
        "rule": found.rule,
        "form": found.form,
        "severity": found.severity,
        "action": found.action,
        "message": found.message,
        "items": found.items,
        "source": found.source,
        "plugin": found.origin.plugin,
        "version": found.origin.version,
        "when": getattr(found.definition, "when", None),
        "carried_out_by": getattr(found.definition, "carried_out_by", None),
    }


def show_rule(assembly: Assembly, found: Rule, *, as_json: bool) -> None:
    """Explain a rule, for people or for machines."""
    page = RulePage(assembly.study, found)
    if as_json:
        show_json({**rule_data(found), **page.data()})
    else:
        page.show()


class RulePage:
    """What there is to say about a rule."""

    def __init__(self, study: Study, rule: Rule) -> None:
        self._study = study
        self._rule = rule

    @property
    def _condition(self) -> str:
        """The condition in the language; empty for a rule that has none."""
        return " ".join((getattr(self._rule.definition, "when", None) or "").split())

    @property
    def _house_code(self) -> str:
        return getattr(self._rule.definition, "carried_out_by", None) or ""

    @cached_property
    def _outline(self) -> tuple[OutlineLine, ...]:
        from trialkit.document.rule_words import OutlineLine, RuleWords

        if self._condition:
            return RuleWords(self._study, self._rule.form).outline(self._condition)
        if self._house_code:
            from trialkit.codes import load_codes

            code = load_codes().get(self._house_code)
            said = "" if code is None else f": {code.meaning}"
            about = " or ".join(self._rule.items)
            return (OutlineLine(0, f"{self._house_code} speaks of {about}{said}"),)
        whole = ", from all records of a site together" if self._rule.is_of_site else ""
        return (OutlineLine(0, f"decided in Python by {self._rule.origin.plugin}{whole}"),)

    @cached_property
    def _inputs(self) -> tuple[RuleInput, ...]:
        from trialkit.document.rule_inputs import limited_inputs, rule_inputs

        if self._condition:
            return rule_inputs(self._study, self._rule.form, self._condition)
        form = self._study.forms.get(self._rule.form)
        if form is None:
            return ()
        origin = f"all records of {form.form} of the site" if self._rule.is_of_site else "this record"
        return limited_inputs(form, self._rule.items, self._house_code, origin)

    @cached_property
    def _silence(self) -> tuple[str, ...]:
        from trialkit.document.rule_silence import silence_words

        return silence_words(self._rule.form, self._condition) if self._condition else ()

    def data(self) -> dict[str, object]:
        """What the page says, for machines, beside the rule itself."""
        from trialkit.document.rule_consequences import WHO_ACTS, severity_words

        return {
            "in_words": [_INDENT * line.depth + line.text for line in self._outline],
            "reads": as_data(self._inputs),
            "when_missing": list(self._silence),
            "what_follows": severity_words(self._rule.severity),
            "who_acts": WHO_ACTS[self._rule.action],
            "examples": self._rule.examples.model_dump(mode="json"),
        }

    def show(self) -> None:
        """Print the page."""
        rule = self._rule
        first, *more = textwrap.wrap(printable(f"{rule.rule}  {rule.message}"), page_width(), subsequent_indent=_INDENT)
        click.echo(first.replace(rule.rule, paint(rule.rule, bold=True), 1))
        for line in more:
            click.echo(line)
        for fact in self._facts():
            _show_fact(fact)
        if self._inputs:
            click.echo()
            _show_inputs(self._inputs)
        self._show_examples()

    def _facts(self) -> Iterator[Fact]:
        from trialkit.document.rule_consequences import WHO_ACTS, severity_words

        rule = self._rule
        form = self._study.forms.get(rule.form)
        yield Fact("Form", f"{form.form}, {form.title}" if form is not None else "every form")
        yield Fact("About", ", ".join(rule.items))
        yield Fact("Severity", severity_words(rule.severity))
        yield Fact("Action", f"{rule.action}: {WHO_ACTS[rule.action]}")
        yield Fact("Written", self._condition or (f"carried out by {self._house_code}" if self._house_code else ""))
        yield Fact("Fires when", "\n".join(_INDENT * line.depth + line.text for line in self._outline))
        yield Fact("If missing", "\n".join(self._silence))
        yield Fact("Source", rule.source)
        yield Fact("From", f"{rule.origin.plugin} {rule.origin.version}")

    def _show_examples(self) -> None:
        examples = self._rule.examples
        titles = (("FIRES ON", examples.fires), ("QUIET ON", examples.quiet), ("LACKS SOMETHING IN", examples.missing))
        for title, texts in titles:
            if texts:
                click.echo()
                click.echo(paint(title, bold=True))
            for text in texts:
                click.echo(printable(text))


def _show_fact(fact: Fact) -> None:
    """A label and its text; lines of the text that are indented stay so, and wrap below themselves."""
    begin = _INDENT + fact.label.ljust(_LABELS)
    for line in fact.text.split("\n") if fact.text else ():
        depth = " " * (len(line) - len(line.lstrip()))
        rest = " " * len(begin) + depth
        wrapped = textwrap.wrap(
            printable(line.strip()),
            page_width(),
            initial_indent=begin + depth,
            subsequent_indent=rest + _INDENT,
            break_on_hyphens=False,
        )
        for part in wrapped:
            click.echo(part)
        begin = " " * len(begin)


def _show_inputs(inputs: Sequence[RuleInput]) -> None:
    """The inputs as a table: on a terminal the long columns wrap, piped each row stays on one line."""
    rows = [(found.name, found.label, found.unit, found.origin, found.detail) for found in inputs]
    used = [place for place in range(len(_HEADER)) if place == 0 or any(row[place] for row in rows)]
    header = [_HEADER[place] for place in used]
    table = [[row[place] for place in used] for row in rows]
    if sys.stdout.isatty():
        table = list(_wrapped(header, table, [used.index(place) for place in _WRAPPED if place in used]))
    show_table(header, table)


def _wrapped(header: Sequence[str], rows: Sequence[Sequence[str]], wide: Sequence[int]) -> Iterator[list[str]]:
    """Rows whose wide columns share what the others leave of the page, the narrow ones of them first."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    room = page_width() - sum(width + 2 for place, width in enumerate(widths) if place not in wide)
    waiting = sorted(wide, key=lambda place: widths[place])
    for number, place in enumerate(waiting):
        share = max(_NARROWEST, room // (len(waiting) - number) - 2)
        widths[place] = min(widths[place], share)
        room -= widths[place] + 2
    for row in rows:
        cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
        for line in range(max(map(len, cells))):
            yield [cell[line] if line < len(cell) else "" for cell in cells]
