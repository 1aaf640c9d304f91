"""Files are kept piece by piece: every byte, and never another file than the one that was named."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_sample import digest_of, stamp

from trialkit.errors import StoreError, UsageError
from trialkit.store import Store, content
from trialkit.store.content import Content

SIZES = (1, 99, 100, 101, 1000)


@pytest.mark.parametrize("size", SIZES)
def test_file_when_it_is_kept_then_every_byte_comes_back(
    size: int, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "PIECE", 100)
    whole = bytes(number % 251 for number in range(size))
    file = tmp_path / "site.xlsx"
    file.write_bytes(whole)
    with store.transaction(stamp()) as transaction:
        assert transaction.add_source("site.xlsx", digest_of(whole), file, "xlsx")
        assert not transaction.add_source("again.xlsx", digest_of(whole), file, "xlsx")
    assert store.source(digest_of(whole)) == whole
    (kept,) = store.sources()
    assert (kept.name, kept.digest, kept.size) == ("site.xlsx", digest_of(whole), size)
    assert store.verify().problems == ()


@pytest.mark.parametrize("later", [b"other bytes", b"the bytes and more", b"the"])
def test_file_when_it_becomes_another_while_it_is_kept_then_nothing_is(
    later: bytes, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "site.xlsx"
    file.write_bytes(b"the bytes")
    digest = Content.digest

    def digest_then_change(self: Content) -> str:
        found = digest(self)
        file.write_bytes(later)
        return found

    monkeypatch.setattr(Content, "digest", digest_then_change)
    with pytest.raises(UsageError, match="not that of its bytes"), store.transaction(stamp()) as transaction:
        transaction.add_source("site.xlsx", digest_of(b"the bytes"), file, "xlsx")
    assert store.sources() == []
    assert store.head().seq == 0


def test_transaction_when_a_file_could_not_be_kept_then_it_stores_nothing_at_all(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "site.xlsx"
    file.write_bytes(b"the bytes")
    monkeypatch.setattr(Content, "size", property(lambda _self: 4))

    def swallow_the_error() -> None:
        with store.transaction(stamp()) as transaction:
            with pytest.raises(UsageError):
                transaction.add_source("site.xlsx", digest_of(b"the bytes"), file, "xlsx")
            transaction.log("import.finish", {})

    with pytest.raises(StoreError, match="failed earlier"):
        swallow_the_error()
    assert store.head().seq == 0
