"""Columns as codes: what many rows say again and again is kept once, and a row has the place of it.

The arithmetic of whole columns stands here and nowhere else. numpy is loaded when the first column is worked on: most
commands have none.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Codes = array
"""Whole numbers from 0, one for each row: an ``array("I")``."""

_TYPE = "I"


@dataclass(frozen=True, slots=True)
class CodedColumn(Generic[T]):
    """What each of many rows says.

    Attributes:
        values: what is said; each may be said by many rows, or by none.
        codes: for each row the place of what it says in `values`.
    """

    values: Sequence[T]
    codes: array[int]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, place: int) -> T:
        return self.values[self.codes[place]]

    @property
    def each(self) -> list[T]:
        """What each row says."""
        return draw(self.values, self.codes)

    def at(self, wanted: Sequence[bool]) -> CodedColumn[T]:
        """That of the rows that are wanted."""
        return CodedColumn(self.values, keep(self.codes, wanted))


def code_column(each: Iterable[T]) -> CodedColumn[T]:
    """What each of many rows says, which can be looked up, as codes."""
    known: dict[T, int] = {}
    codes = array(_TYPE, [known.setdefault(said, len(known)) for said in each])
    return CodedColumn(list(known), codes)


def codes_of(numbers: Iterable[int]) -> array[int]:
    """Codes as they are given."""
    return array(_TYPE, numbers)


def recode(meanings: Sequence[int], codes: array[int]) -> array[int]:
    """For each row the number that stands for its code."""
    numpy = _numpy()
    return _codes(numpy.asarray(meanings, dtype=numpy.uint32)[_view(codes)])


def draw(meanings: Sequence[T], codes: array[int]) -> list[T]:
    """For each row what stands for its code, one and the same object for the same code."""
    numpy = _numpy()
    things = numpy.fromiter(meanings, dtype=object, count=len(meanings))
    drawn: list[T] = things[_view(codes)].tolist()
    return drawn


def keep(codes: array[int], wanted: Sequence[bool]) -> array[int]:
    """The codes of the rows that are wanted."""
    return _codes(_view(codes)[_numpy().asarray(wanted, dtype=bool)])


def reorder(codes: array[int], order: array[int]) -> array[int]:
    """The codes of the rows at some places, in that order."""
    return _codes(_view(codes)[_view(order)])


def join(columns: Sequence[array[int]]) -> array[int]:
    """Columns behind each other."""
    joined = array(_TYPE)
    for column in columns:
        joined += column
    return joined


def met(codes: array[int], size: int) -> list[int]:
    """The codes that occur, rising.

    Args:
        codes: the codes.
        size: all of them are below this.
    """
    numpy = _numpy()
    found: list[int] = numpy.flatnonzero(numpy.bincount(_view(codes), minlength=size)).tolist()
    return found


def places_of(marks: Sequence[bool], codes: array[int]) -> list[int]:
    """The places of the rows whose code is marked, rising.

    Args:
        marks: for each code whether it is.
        codes: the codes.
    """
    numpy = _numpy()
    found: list[int] = numpy.flatnonzero(numpy.asarray(marks, dtype=bool)[_view(codes)]).tolist()
    return found


def _view(codes: array[int]) -> Any:  # Any: numpy is loaded late
    numpy = _numpy()
    return numpy.frombuffer(codes, dtype=numpy.uint32) if codes else numpy.empty(0, dtype=numpy.uint32)


def _codes(found: Any) -> array[int]:  # Any: as above
    codes = array(_TYPE)
    codes.frombytes(found.tobytes())
    return codes


@cache
def _numpy() -> ModuleType:
    import numpy

    return numpy
