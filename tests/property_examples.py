"""How many examples a property is tried on: some of them in an ordinary run, all where the slow tests are run, too."""

from __future__ import annotations

from hypothesis import settings

share = 4
"""One in so many examples is tried. It is 1 where slow tests are run: `conftest` says so before tests are imported."""


def examples(most: int, **others: object) -> settings:
    """Settings for a property that takes long.

    Args:
        most: how many examples it is tried on where slow tests are run, too.
        others: as Hypothesis has them.
    """
    return settings(max_examples=most // share, **others)  # type: ignore[arg-type]  # each has a type of its own
