"""The headers of all cells that a key or an item is read from, of cells that are taken apart as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trialkit.capture.cell_parts import PartsReader
from trialkit.capture.header_row import item_headers, key_headers
from trialkit.model.mapping import ItemMapping, KeyMapping


def key_columns(key: KeyMapping | None, readers: Mapping[str, PartsReader]) -> tuple[str, ...]:
    """The headers of the cells that name a part of the key.

    Args:
        key: the part; None for one that is not mapped.
        readers: header to what takes its cells apart.
    """
    if key is None or key.part is None:
        return key_headers(key)
    return tuple(header for header, reader in readers.items() if key.part in reader.names)


def item_columns(item: ItemMapping, readers: Mapping[str, PartsReader]) -> tuple[str, ...]:
    """The headers of the cells that decide an item, each once, that of its value first; none for a constant."""
    return tuple(dict.fromkeys((*_taken_apart(item, readers), *item_headers(item))))


def _taken_apart(item: ItemMapping, readers: Mapping[str, PartsReader]) -> Iterator[str]:
    for header, reader in readers.items():
        names = {pattern.name for pattern in reader.rule.patterns}
        if item.part in reader.names or not names.isdisjoint(item.count):
            yield header
