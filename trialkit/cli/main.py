"""The entry point. Commands are imported when they are called, so that help costs nothing that it does not use."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from importlib import import_module

import click

from trialkit.cli.failure import run_guarded
from trialkit.cli.lazy import LazyGroup

SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Begin": {
        "demo": ("trialkit.cli.demo:demo", "Make a study, fill it, check it and export it, in one go."),
        "init": ("trialkit.cli.study:init", "Make a new study folder."),
        "doctor": ("trialkit.cli.doctor:doctor", "Check this machine, the plugins and the study."),
        "explain": ("trialkit.cli.explain:explain", "Explain a code such as V103."),
    },
    "Capture": {
        "subject": ("trialkit.cli.subject:subject", "Enrol, list and withdraw subjects."),
        "enter": ("trialkit.cli.enter:enter", "Enter or change one record."),
        "import": ("trialkit.cli.imports:import_", "Import a workbook or CSV file."),
        "workbook": ("trialkit.cli.workbook:workbook", "Look at, map and make workbooks."),
        "lock": ("trialkit.cli.lock:lock", "Lock records, or list what is locked."),
        "unlock": ("trialkit.cli.lock:unlock", "Lift a lock."),
    },
    "Review": {
        "due": ("trialkit.cli.due:due", "List the visits that are due or overdue."),
        "show": ("trialkit.cli.show:show", "Show what is there for a subject."),
        "history": ("trialkit.cli.show:history", "Show every change, with who, when and why."),
        "why": ("trialkit.cli.show:why", "Trace one value to its source cell."),
        "check": ("trialkit.cli.check:check", "Run the rules over everything stored."),
        "query": ("trialkit.cli.query:query", "List, answer and close queries."),
        "audit": ("trialkit.cli.audit:audit", "Read and verify the journal."),
    },
    "Export": {
        "export": ("trialkit.cli.export:export", "Write raw tables or SDTM datasets."),
    },
    "Build": {
        "form": ("trialkit.cli.form:form", "List, show, compare and check definitions."),
        "rule": ("trialkit.cli.rule:rule", "List, explain and test the rules."),
        "schedule": ("trialkit.cli.schedule:schedule", "Show the schedule of activities."),
        "crf": ("trialkit.cli.crf:crf", "Print the forms: a blank or an annotated CRF book."),
        "plugin": ("trialkit.cli.plugin:plugin", "Begin, list and check plugins."),
        "run": ("trialkit.cli.plugin:run", "Run a command that a plugin adds."),
    },
}


@click.group(
    cls=LazyGroup,
    sections=SECTIONS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Try it: trialkit demo demo  ·  then: cd demo/iv && trialkit",
)
@click.option("--debug", is_flag=True, help="Show a traceback when trialkit itself fails.")
@click.version_option(package_name="trialkit", message="trialkit %(version)s")
@click.pass_context
def cli(context: click.Context, debug: bool) -> None:
    """Capture clinical-trial data: forms and rules in, clean records and CDISC datasets out.

    Without a command, inside a study's folder: how the study stands.
    """
    del debug  # read in `main`, before click runs
    if context.invoked_subcommand is None:
        overview = import_module("trialkit.cli.study").overview
        context.invoke(overview)


_MADE_BEFORE_A_LOOK = 100_000
"""So many objects come to be before Python looks for circles among them: a command is mostly modules, which stay."""


def main() -> None:
    """Run the command line; the console script's entry point."""
    gc.set_threshold(_MADE_BEFORE_A_LOOK)
    # pydantic looks through every installed package for plugins that want to see what is validated: none shall.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    atexit.register(gc.freeze)  # nobody needs what Python would look for in millions of objects as it ends
    sys.exit(run_guarded(cli, sys.argv[1:]))


if __name__ == "__main__":
    main()
