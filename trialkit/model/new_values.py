"""The values of a record that is entered for the first time: they are what its changes say, and are kept once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trialkit.model.record import ItemChange, Value


@dataclass(frozen=True, slots=True, eq=False)
class NewValues(Mapping[str, Value]):
    """Item identifier to value.

    Attributes:
        changes: one for each item that is given, each with a new value.
    """

    changes: tuple[ItemChange, ...]

    def as_dict(self) -> dict[str, Value]:
        """The same, for whoever asks for many of them."""
        return {change.item: change.new for change in self.changes if change.new is not None}

    def __getitem__(self, item: str) -> Value:
        for change in self.changes:
            if change.item == item and change.new is not None:
                return change.new
        raise KeyError(item)

    def __iter__(self) -> Iterator[str]:
        return (change.item for change in self.changes)

    def __len__(self) -> int:
        return len(self.changes)
