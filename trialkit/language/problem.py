"""What can be wrong with the text of an expression, as data, and the one exception that carries all of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class ProblemCode(StrEnum):
    """The stable codes of the language."""

    SYNTAX = "D120"
    UNKNOWN_ITEM = "D121"
    OTHER_FORM = "D122"
    UNKNOWN_PARAMETER = "D123"
    UNKNOWN_FUNCTION = "D124"
    ARGUMENTS = "D125"
    KIND = "D126"
    UNKNOWN_CODE = "D127"
    NEVER_TRUE = "D128"
    TOO_DEEP = "D129"
    ALWAYS_TRUE = "D140"
    UNREACHABLE_ITEM = "D146"
    UNITS = "D147"


@dataclass(frozen=True, slots=True)
class ExpressionProblem:
    """One fault in the text of an expression.

    Attributes:
        code: stable code, one of `ProblemCode`.
        message: what is wrong, one sentence.
        remedy: what to do, one sentence.
        column: the character it is about, first is 1, counted over the whole text (a line break counts as one).
        is_absent: whether it is about this protocol: a name that it does not have, or a number that it has, and another
            may have or not.
    """

    code: str
    message: str
    remedy: str
    column: int
    is_absent: bool = field(default=False, compare=False)


class ExpressionError(Exception):
    """A text that is no expression, or one that can not mean anything on its form.

    Args:
        problems: every fault found; kept sorted by column.
    """

    def __init__(self, problems: Iterable[ExpressionProblem]) -> None:
        self.problems: tuple[ExpressionProblem, ...] = tuple(
            sorted(problems, key=lambda problem: (problem.column, problem.code, problem.message))
        )
        super().__init__(
            "\n".join(f"{found.column}: {found.code}: {found.message} {found.remedy}" for found in self.problems)
        )
