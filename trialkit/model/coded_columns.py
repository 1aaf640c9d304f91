"""Columns as codes: what many rows say again and again is kept once, and a row has the place of it.

The arithmetic of whole columns stands here and nowhere else. numpy is loaded when the first column is worked on: most
commands have none.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from types import ModuleType
from typing import Any, TypeVar, overload

T = TypeVar("T")

_TYPE = "I"
_SPREAD = 8
"""Numbers up to so many times as large as there are of them are told apart by a table of all, which is faster."""


@dataclass(frozen=True, slots=True, eq=False)
class CodedColumn(Sequence[T]):
    """What each of many rows says: a sequence of that.

    Attributes:
        values: what is said; each may be said by many rows, or by none.
        codes: for each row the place of what it says in `values`.
    """

    values: Sequence[T]
    codes: array[int]

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> CodedColumn[T]: ...
    def __getitem__(self, index: int | slice) -> T | CodedColumn[T]:
        if isinstance(index, slice):
            return CodedColumn(self.values, self.codes[index])
        return self.values[self.codes[index]]

    def __iter__(self) -> Iterator[T]:
        return iter(self.each)

    def __eq__(self, other: object) -> bool:
        return self.each == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # columns are compared, never looked up

    @property
    def view(self) -> Any:  # Any: numpy is loaded late
        """The codes as an array of numpy, which other libraries take as they are."""
        return _view(self.codes)

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


def code_things(each: Sequence[T]) -> CodedColumn[T]:
    """What each of many rows says, as `code_column` has it; faster where what is said alike is mostly one object."""
    things = {id(said): said for said in each}
    known: dict[T, int] = {}
    code = {own: known.setdefault(said, len(known)) for own, said in things.items()}
    return CodedColumn(list(known), array(_TYPE, [code[id(said)] for said in each]))


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


def join_columns(columns: Sequence[CodedColumn[T]]) -> CodedColumn[T]:
    """What columns say, one behind the other."""
    values: list[T] = []
    parts = []
    for column in columns:
        parts.append(_codes(_view(column.codes) + _numpy().uint32(len(values))))
        values += column.values
    return CodedColumn(values, join(parts))


def narrow(codes: array[int]) -> CodedColumn[int]:
    """The codes that occur, rising, and for each row the place of its own among them."""
    occurring, places = _ranked(_view(codes))
    return CodedColumn(occurring.tolist(), _codes(places.astype(_numpy().uint32)))


def condense(codes: array[int]) -> CodedColumn[int]:
    """The codes that occur, in the order in which they do first, and for each row the place of its own among them."""
    numpy = _numpy()
    occurring, places = _ranked(_view(codes))
    first = numpy.empty(len(occurring), dtype=numpy.intp)
    first[places[::-1]] = numpy.arange(len(places) - 1, -1, -1)
    order = numpy.argsort(first)
    rank = numpy.empty(len(order), dtype=numpy.uint32)
    rank[order] = numpy.arange(len(order), dtype=numpy.uint32)
    return CodedColumn(occurring[order].tolist(), _codes(rank[places]))


def combine(columns: Sequence[array[int]]) -> CodedColumn[tuple[int, ...]]:
    """What columns say together: the codes of a row, one of each column, as one of those that occur.

    Args:
        columns: at least one, all of the same length.
    """
    numpy = _numpy()
    places = numpy.zeros(len(columns[0]), dtype=numpy.uint64)
    for column in columns:
        own = _ranked(_view(column))[1].astype(numpy.uint64)
        places = _ranked(places * (own.max(initial=0) + numpy.uint64(1)) + own)[1].astype(numpy.uint64)
    at = numpy.empty(int(places.max()) + 1 if len(places) else 0, dtype=numpy.intp)
    at[places] = numpy.arange(len(places))
    values = list(zip(*(_view(column)[at].tolist() for column in columns), strict=True))
    return CodedColumn(values, _codes(places.astype(numpy.uint32)))


def places_of(marks: Sequence[bool], codes: array[int]) -> list[int]:
    """The places of the rows whose code is marked, rising.

    Args:
        marks: for each code whether it is.
        codes: the codes.
    """
    numpy = _numpy()
    found: list[int] = numpy.flatnonzero(numpy.asarray(marks, dtype=bool)[_view(codes)]).tolist()
    return found


def shapes(columns: Sequence[array[int]]) -> CodedColumn[tuple[int, ...]]:
    """Which columns say something in each row: the places of those whose code is not 0.

    Args:
        columns: at least one, all of the same length.
    """
    numpy = _numpy()
    size = len(columns[0])
    if not size:
        return CodedColumn([], array(_TYPE))
    says = numpy.vstack([_view(column) != 0 for column in columns])
    width = -(-len(columns) // 8)
    packed = numpy.packbits(says, axis=0).T.tobytes()
    which = code_column(packed[at : at + width] for at in range(0, size * width, width))
    first = {code: place for place, code in reversed(list(enumerate(which.codes)))}
    values = [tuple(numpy.flatnonzero(says[:, first[code]]).tolist()) for code in range(len(which.values))]
    return CodedColumn(values, which.codes)


def agreeing(pairs: Sequence[tuple[array[int], array[int], bool]], size: int) -> list[int]:
    """The places of the rows in which each two columns have the same code, rising.

    Args:
        pairs: the columns, and whether a 0 in the first of them agrees with everything.
        size: how many rows there are.
    """
    numpy = _numpy()
    agree = numpy.ones(size, dtype=bool)
    for mine, theirs, is_open in pairs:
        one, other = _view(mine), _view(theirs)
        agree &= ((one == 0) | (one == other)) if is_open else (one == other)
    found: list[int] = numpy.flatnonzero(agree).tolist()
    return found


def add_up(columns: Sequence[tuple[Sequence[int], array[int]]], size: int) -> list[int]:
    """For each row the sum of the numbers that stand for its codes, modulo 2 to the power of 64.

    Args:
        columns: for each the numbers, from 0 to below 2 to the power of 64, and the codes.
        size: how many rows there are.
    """
    numpy = _numpy()
    sums = numpy.zeros(size, dtype=numpy.uint64)
    for meanings, codes in columns:
        sums += numpy.asarray(meanings, dtype=numpy.uint64)[_view(codes)]
    added: list[int] = sums.tolist()
    return added


def blank_rows(columns: Sequence[array[int]]) -> list[int]:
    """The places of the rows of which every column has the code 0, rising; at least one column."""
    numpy = _numpy()
    given = numpy.zeros(len(columns[0]), dtype=bool)
    for codes in columns:
        given |= _view(codes) != 0
    found: list[int] = numpy.flatnonzero(~given).tolist()
    return found


def write_codes(codes: array[int]) -> str:
    """The codes in digits, with commas between them and nothing else."""
    if not codes:
        return ""
    written: bytes = _digits(int(_view(codes).max()) + 1)[_view(codes)].tobytes()
    return written.replace(b"\0", b"")[:-1].decode("ascii")


@lru_cache(maxsize=8)
def _digits_up_to(power: int) -> Any:  # Any: numpy is loaded late
    """Every number below two to a power in digits, a comma and zero bytes, all of them of one width."""
    numpy = _numpy()
    return numpy.array([b"%d," % number for number in range(1 << power)])


def _digits(size: int) -> Any:  # Any: as above
    return _digits_up_to(max(10, (size - 1).bit_length()))


def widen(narrow: array[int]) -> array[int]:
    """Codes that came as whole numbers of one, two or four bytes each."""
    if narrow.typecode == _TYPE:
        return narrow
    numpy = _numpy()
    return _codes(numpy.frombuffer(narrow, dtype=narrow.typecode).astype(numpy.uint32)) if narrow else array(_TYPE)


def same(said: T, size: int) -> CodedColumn[T]:
    """What so many rows say that all say the same."""
    return CodedColumn((said,), array(_TYPE, bytes(size * array(_TYPE).itemsize)))


def marked(columns: Iterable[tuple[Sequence[bool], array[int]]], size: int) -> list[bool]:
    """For each of so many rows whether its code is marked in any of some columns.

    Args:
        columns: of each column for each code whether it is marked, and the codes.
        size: the number of rows.
    """
    numpy = _numpy()
    found = numpy.zeros(size, dtype=bool)
    for marks, codes in columns:
        found |= numpy.asarray(marks, dtype=bool)[_view(codes)]
    each: list[bool] = found.tolist()
    return each


def together(columns: Sequence[CodedColumn[Any]]) -> CodedColumn[tuple[Any, ...]]:  # Any: columns of any kind
    """What each row says in several columns; rows with the same code in all of them say it as one object.

    Args:
        columns: at least one, all of the same length.
    """
    differing = [place for place, column in enumerate(columns) if len(column.values) > 1]
    if not differing:
        return same(tuple(value for column in columns for value in column.values), len(columns[0]))
    found = combine([columns[place].codes for place in differing])
    values = []
    for codes in found.values:
        own = dict(zip(differing, codes, strict=True))
        values.append(tuple(column.values[own.get(place, 0)] for place, column in enumerate(columns)))
    return CodedColumn(values, found.codes)


def _ranked(numbers: Any) -> tuple[Any, Any]:  # Any: numpy is loaded late
    """The numbers that occur, rising, and for each number its place among them."""
    numpy = _numpy()
    most = int(numbers.max(initial=0))
    if most > _SPREAD * len(numbers):
        occurring, places = numpy.unique(numbers, return_inverse=True)
        return occurring, places
    counted = numpy.zeros(most + 1, dtype=bool)
    counted[numbers] = True
    return numpy.flatnonzero(counted), (numpy.cumsum(counted) - 1)[numbers]


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
