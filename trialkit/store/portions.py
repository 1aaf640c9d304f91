"""Naming many things in statements: how many in one, and how so that an index is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

import sqlalchemy as sa

MOST_NAMED = 500
"""SQLite takes so many parameters only."""

Owner = tuple[str, str]
"""Whose records: a site and a subject; the subject is empty for the rows of a reference form."""

Conditions = Sequence[sa.ColumnElement[bool]]
"""What rows must meet, all of it."""

T = TypeVar("T")


def in_portions(whole: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """A sequence in slices of a size, the last one shorter."""
    for first in range(0, len(whole), size):
        yield whole[first : first + size]


def name_owners(table: sa.FromClause, owners: Sequence[Owner]) -> list[Conditions]:
    """Conditions that take the records of owners, one portion of them after another, in the order of keys.

    Site by site: SQLite takes the table's index for subjects of one site, and for pairs of a site and a subject none.

    Args:
        table: of a form, with its key at least.
        owners: sorted.
    """
    named: list[Conditions] = []
    for site, of_site in groupby(owners, key=itemgetter(0)):
        for portion in in_portions([subject for _, subject in of_site], MOST_NAMED):
            named.append([table.c.site == site, table.c.subject.in_(portion)])
    return named
