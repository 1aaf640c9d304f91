"""``trialkit explain``: what a code means and what to do about it."""

from __future__ import annotations

from pathlib import Path

import click

from trialkit.cli.context import json_option
from trialkit.cli.output import show_json
from trialkit.cli.paint import paint
from trialkit.codes import load_codes
from trialkit.errors import TrialkitError, UsageError
from trialkit.wording import did_you_mean

_WHERE_THEY_ARE = "trialkit explain lists the codes; in the folder of a study trialkit rule list lists its rules."


@click.command(epilog="Example: trialkit explain V103")
@click.argument("code", required=False)
@json_option
def explain(code: str | None, as_json: bool) -> None:
    """Explain CODE, or list all codes. Inside a study it explains the rules (VS001) as well, as rule explain does."""
    codes = load_codes()
    if code is None:
        if as_json:
            show_json(codes)
        else:
            for name, listed in codes.items():
                click.echo(f"{name}  {listed.title}")
        return
    found = codes.get(code.upper())
    if found is None:
        if not _explain_rule(code, as_json=as_json):
            remedy = did_you_mean(code, codes) + _WHERE_THEY_ARE
            raise UsageError("U134", f"No code {code}, nor a rule of a study in this folder.", remedy=remedy)
        return
    if as_json:
        show_json({code.upper(): found})
        return
    click.echo(paint(f"{code.upper()}  {found.title}", bold=True))
    click.echo(found.meaning)
    click.echo(f"What to do: {found.remedy}")


def _explain_rule(name: str, *, as_json: bool) -> bool:
    """Explain a rule of the study whose folder this is. False where there is no study, or no such rule in it.

    Raises UsageError U152 for a rule that is set aside in the study, with the reason.
    """
    from trialkit.cli.rule_page import assembled, show_rule
    from trialkit.engine.rules import find_study_rule

    try:
        assembly = assembled(Path.cwd())
    except TrialkitError:  # what is asked for is the meaning of a code: a broken study is told of elsewhere
        return False
    try:
        rule = find_study_rule(assembly, name)
    except UsageError:
        if name.upper() in assembly.set_aside:
            raise
        return False
    if rule is None:
        return False
    show_rule(assembly, rule, as_json=as_json)
    return True
