"""Failures as people see them: one line each with a remedy, and the exit code. Exit codes are given here alone."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from trialkit.cli.paint import paint
from trialkit.errors import (
    ConflictError,
    IntegrityError,
    LockedError,
    MendError,
    NotAllowedError,
    Problem,
    SourceFileError,
    StoreError,
    TrialkitError,
    UsageError,
)

DONE = 0
DATA_PROBLEMS = 1
WRONG_USAGE = 2
BROKEN_INTEGRITY = 6
BROKEN_DEFINITION = 9
INTERNAL = 9

EXIT_CODES: tuple[tuple[type[TrialkitError], int], ...] = (
    (UsageError, WRONG_USAGE),
    (NotAllowedError, 3),
    (ConflictError, 4),
    (LockedError, 5),
    (IntegrityError, BROKEN_INTEGRITY),
    (StoreError, 7),
    (SourceFileError, 8),
    (MendError, BROKEN_DEFINITION),
)


def run_guarded(command: click.Command, arguments: Sequence[str]) -> int:
    """Run a click command. Returns the exit code; prints what went wrong on stderr, never a traceback unasked."""
    try:
        outcome = command.main(args=list(arguments), prog_name="trialkit", standalone_mode=False)
        return outcome if isinstance(outcome, int) else DONE
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return WRONG_USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. Nothing that was not already reported as stored is stored.", err=True)
        return DATA_PROBLEMS
    except TrialkitError as error:
        report_error(error, as_json="--json" in arguments)
        return exit_code(error)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone: there is nobody to tell
        return DONE
    except Exception as error:  # noqa: BLE001  # the last border: a defect of ours becomes one line, not a traceback
        report_defect(error, debug="--debug" in arguments)
        return INTERNAL


def exit_code(error: TrialkitError) -> int:
    """The exit code of an error, by what the caller should do."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), INTERNAL)


def report_error(error: TrialkitError, *, as_json: bool) -> None:
    """Show an error: its problems one per line with the place, then what it is and what to do.

    An error that only says again what its one problem says is not shown twice.
    """
    if as_json:
        from trialkit.cli.output import show_json  # late: hardly any command fails

        show_json(error_data(error))
    problems = error.problems if isinstance(error, MendError) else ()
    for problem in problems:
        show_problem(problem)
    if any(_says_it_all(problem, error) for problem in problems):
        return
    click.echo(f"{paint('error', 'red', bold=True)} {error.code}: {error.message} {error.remedy}", err=True)


def _says_it_all(problem: Problem, error: TrialkitError) -> bool:
    return (problem.code, problem.remedy) == (error.code, error.remedy) and problem.message in error.message


def error_data(error: TrialkitError) -> dict[str, object]:
    """An error for machines: code, message, remedy, and the place of each problem."""
    problems = error.problems if isinstance(error, MendError) else ()
    return {
        "error": {"code": error.code, "message": error.message, "remedy": error.remedy},
        "problems": [problem_data(problem) for problem in problems],
    }


def show_problem(problem: Problem) -> None:
    """One problem of a definition: place, rule, message, remedy, and the line with a caret."""
    place = f"{problem.where}: " if problem.where else ""
    click.echo(f"{place}{paint('error', 'red')} {problem.code}: {problem.message} {problem.remedy}", err=True)
    if problem.excerpt.strip() and problem.column:
        click.echo(f"    {problem.excerpt}", err=True)
        click.echo("    " + " " * (problem.column - 1) + paint("^", "red"), err=True)


def problem_data(problem: Problem) -> dict[str, str | int]:
    """A problem for machines."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "code": problem.code,
        "message": problem.message,
        "remedy": problem.remedy,
    }


def report_defect(error: Exception, *, debug: bool) -> None:
    """A failure of trialkit itself: its type and place, without its text, which could hold data."""
    if debug:
        traceback.print_exception(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    click.echo(
        f"error: trialkit failed ({type(error).__name__} at {place}). Nothing unconfirmed was stored. "
        "Run the command again with --debug before it (trialkit --debug …) and report what it prints.",
        err=True,
    )
