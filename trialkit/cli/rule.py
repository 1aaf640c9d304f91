"""``trialkit rule``: the rules of a study listed, explained, and tried on their examples."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialkit.cli.context import json_option, study_options
from trialkit.cli.failure import DATA_PROBLEMS, DONE
from trialkit.cli.form_page import show_fitting
from trialkit.cli.output import plural, printable, show_json, talk
from trialkit.cli.paint import paint
from trialkit.cli.rule_page import assembled, rule_data, show_rule
from trialkit.model.check import Action, Severity
from trialkit.wording import list_some

if TYPE_CHECKING:
    from trialkit.engine import Assembly
    from trialkit.engine.examples.outcome import ExampleFault, ExamplesOutcome, SkippedExample
    from trialkit.engine.rules import Rule


@click.group(epilog="Example: trialkit rule list --form VS")
def rule() -> None:
    """List and explain the rules of the study, and try them on their examples."""


@rule.command("list", epilog="Examples: trialkit rule list --action block-dose  ·  trialkit rule list --all")
@click.option("--form", help="Only the rules on this form.")
@click.option("--action", type=click.Choice([action.value for action in Action]), help="Only those with this action.")
@click.option(
    "--severity", type=click.Choice([severity.value for severity in Severity]), help="Only hard or soft ones."
)
@click.option("--all", "with_set_aside", is_flag=True, help="Also those that have no meaning in this study, and why.")
@json_option
@study_options
def list_(
    form: str | None,
    action: str | None,
    severity: str | None,
    with_set_aside: bool,
    as_json: bool,
    folder: Path | None,
    user: str | None,
) -> None:
    """List the rules of the study: what each is about, how bad it is, what follows, and who hands it in."""
    from trialkit.engine.rules import study_rules

    del user  # definitions are read, nothing is done in anybody's name
    assembly = assembled(folder)
    wanted = None if form is None else _form(assembly, form)
    rules = [
        found
        for found in study_rules(assembly)
        if wanted in (None, found.form) and action in (None, found.action) and severity in (None, found.severity)
    ]
    set_aside = assembly.set_aside if with_set_aside else {}
    if as_json:
        show_json({"rules": [rule_data(found) for found in rules], "set_aside": set_aside})
        return
    if rules:
        rows = [
            (found.rule, found.form or "every", found.severity, found.action, found.origin.plugin, found.message)
            for found in rules
        ]
        show_fitting(("RULE", "FORM", "SEVERITY", "ACTION", "FROM", "WHAT"), rows)
    if set_aside:
        click.echo()
        show_fitting(("SET ASIDE", "WHY"), list(set_aside.items()))
    aside = f", {len(set_aside):,} set aside in this study" if with_set_aside else ""
    talk(f"{plural(len(rules), 'rule')}{aside}. More about one: trialkit rule explain RULE")


@rule.command("explain", epilog="Example: trialkit rule explain VS002")
@click.argument("name", metavar="RULE")
@json_option
@study_options
def explain_(name: str, as_json: bool, folder: Path | None, user: str | None) -> None:
    """Explain RULE in words: when it fires, what it reads, what follows, what happens when something is missing."""
    from trialkit.cli.explain import explain
    from trialkit.engine.rules import find_study_rule

    del user
    assembly = assembled(folder)
    found = find_study_rule(assembly, name)
    if found is None:
        click.get_current_context().invoke(explain, code=name, as_json=as_json)
        return
    show_rule(assembly, found, as_json=as_json)


@rule.command("test", epilog="Examples: trialkit rule test  ·  trialkit rule test VS002 VS003")
@click.argument("names", nargs=-1, metavar="[RULE]...")
@click.option("--form", help="Only the rules on this form.")
@json_option
@study_options
def test(names: tuple[str, ...], form: str | None, as_json: bool, folder: Path | None, user: str | None) -> int:
    """Run the examples of the rules, each record by record and all at once, and tell what does not come out.

    Names the rules without examples, the examples that do not apply in this protocol, and those that come out in the
    protocol as it stands but are not for this study, since its variant or the study itself has another number, visit
    or form; each with the reason.
    """
    from trialkit.engine.examples.outcome import run_examples
    from trialkit.engine.rules import study_rules

    del user
    assembly = assembled(folder)
    rules = _named(assembly, names) if names else study_rules(assembly)
    if form is not None:
        wanted = _form(assembly, form)
        rules = [found for found in rules if found.form == wanted]
    hidden = as_json or not sys.stderr.isatty()
    with click.progressbar(length=1, label="Running examples", file=sys.stderr, hidden=hidden) as bar:

        def advance(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        outcome = run_examples(assembly, rules, advance)
    if as_json:
        show_json(outcome)
    else:
        _show_outcome(outcome, "study" if assembly.study.definition.variant is None else "variant")
    return DATA_PROBLEMS if outcome.faults else DONE


def _named(assembly: Assembly, names: Sequence[str]) -> list[Rule]:
    from trialkit.engine.rules import find_study_rule
    from trialkit.errors import UsageError

    found = {name: find_study_rule(assembly, name) for name in dict.fromkeys(names)}
    for name, known in found.items():
        if known is None:
            remedy = f"It is a code of trialkit's own: trialkit explain {name.upper()}"
            raise UsageError("U152", f"{name} is no rule that carries examples.", remedy=remedy)
    return [known for known in found.values() if known is not None]


def _show_outcome(outcome: ExamplesOutcome, owner: str) -> None:
    for fault in outcome.faults:
        _show_fault(fault)
    if outcome.lacking:
        click.echo(paint("WITHOUT EXAMPLES", bold=True))
        for name, kinds in outcome.lacking.items():
            click.echo(f"{name}  {', '.join(kinds)}")
        click.echo()
    for header, examples in (
        ("DO NOT APPLY IN THIS PROTOCOL", outcome.skipped),
        (f"NOT FOR THIS {owner.upper()}", outcome.differing),
    ):
        if examples:
            show_fitting((header, "EXAMPLES", "OF"), list(_skipped_rows(examples)))
            click.echo()
    wrong = len(outcome.faults)
    skipped = _counted(outcome.skipped, "does not apply", "do not apply", "in this protocol")
    differing = _counted(outcome.differing, "is not", "are not", f"for this {owner}")
    verdict = f"{plural(wrong, 'example')} not as it says" if wrong == 1 else f"{wrong:,} examples not as they say"
    talk(
        f"{plural(outcome.rules, 'rule')}, {plural(outcome.run, 'example')} run by both evaluators: "
        f"{verdict if wrong else 'all as they say'}.{skipped}{differing}"
    )


def _counted(examples: Sequence[SkippedExample], one: str, several: str, where: str) -> str:
    count = len(examples)
    return f" {count:,} {one if count == 1 else several} {where}." if count else ""


def _show_fault(fault: ExampleFault) -> None:
    click.echo(paint(printable(f"{fault.rule} {fault.kind}: "), "red") + printable(fault.example))
    click.echo(f"  should be  {fault.expected}")
    asked = f"  ({fault.evaluator})" if fault.evaluator else ""
    click.echo(printable(f"  came out   {fault.came}{asked}"))
    if fault.operands:
        click.echo(
            printable(f"  with       {', '.join(f'{part} = {value}' for part, value in fault.operands.items())}")
        )
    click.echo()


def _skipped_rows(skipped: Sequence[SkippedExample]) -> Iterator[tuple[str, str, str]]:
    """Reason, how many, and of which rules."""
    by_reason: dict[str, list[SkippedExample]] = {}
    for example in skipped:
        by_reason.setdefault(example.reason, []).append(example)
    for reason, examples in by_reason.items():
        rules = list(dict.fromkeys(example.rule for example in examples))
        yield reason, str(len(examples)), list_some(rules, 6)


def _form(assembly: Assembly, name: str) -> str:
    from trialkit.capture import find_form

    return find_form(assembly.study, name).form
