"""``trialkit explain``: what a code means and what to do about it."""

from __future__ import annotations

import click

from trialkit.cli.context import json_option
from trialkit.cli.output import show_json
from trialkit.cli.paint import paint
from trialkit.codes import load_codes
from trialkit.errors import unknown_name


@click.command(epilog="Example: trialkit explain V103")
@click.argument("code", required=False)
@json_option
def explain(code: str | None, as_json: bool) -> None:
    """Explain CODE, or list all codes. Codes of edit checks (VS001) are shown by trialkit form show FORM."""
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
        raise unknown_name("U134", "code", code, list(codes))
    if as_json:
        show_json({code.upper(): found})
        return
    click.echo(paint(f"{code.upper()}  {found.title}", bold=True))
    click.echo(found.meaning)
    click.echo(f"What to do: {found.remedy}")
