"""Values of one record among a million: what records share is kept once, and none has a dictionary of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trialkit.model.record import ItemChange, RawValue, Value


@dataclass(frozen=True, slots=True, eq=False)
class GivenValues(Mapping[str, RawValue]):
    """What a row gives: item identifier to raw value.

    Attributes:
        items_given: the items; many rows share them.
        raws: the raw value of each of them.
    """

    items_given: tuple[str, ...]
    raws: tuple[RawValue, ...]

    def __getitem__(self, item: str) -> RawValue:
        for name, raw in zip(self.items_given, self.raws, strict=True):
            if name == item:
                return raw
        raise KeyError(item)

    def __iter__(self) -> Iterator[str]:
        return iter(self.items_given)

    def __len__(self) -> int:
        return len(self.items_given)


@dataclass(frozen=True, slots=True, eq=False)
class NewValues(Mapping[str, Value]):
    """The values of a record that is entered for the first time, which its changes say: item identifier to value.

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
