"""The canonical text of an entry and the chain over it. The same content gives the same bytes; no floats, ever."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from json.encoder import encode_basestring

from trialkit.errors import UsageError

GENESIS = bytes(32)
"""What the first entry is chained to: 32 zero bytes."""

_CHAIN = b"trialkit-journal-1\0"
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
_PLAIN_TYPES = (str, int, bool, type(None))


def encode_payload(payload: Mapping[str, object]) -> str:
    """JSON with sorted keys, no blanks and characters as they are.

    Args:
        payload: text keys; texts, whole numbers, truth values, None, lists and mappings of these.
    """
    return _ENCODER.encode(payload)


quote = encode_basestring
"""A text as `encode_payload` writes it, in its quotation marks."""


def payload_bytes(text: str) -> bytes:
    """The UTF-8 of a payload.

    Raises:
        UsageError: J206 when a text holds half a character (a lone surrogate), which UTF-8 can not carry.
    """
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(
            "J206", "a text holds half a character and can not be stored.", remedy="Type the text again."
        ) from error


def chain_hash(previous: bytes, payload: bytes) -> bytes:
    """SHA-256 over ``trialkit-journal-1``, a zero byte, the hash before, the length (8 bytes, big endian), the payload.

    Args:
        previous: hash of the entry before, or `GENESIS`.
        payload: canonical text in UTF-8.

    Returns:
        32 bytes.
    """
    return hashlib.sha256(_CHAIN + previous + len(payload).to_bytes(8, "big") + payload).digest()


def moment_text(moment: datetime) -> str:
    """A moment as entries write it, always 27 characters, so that texts sort as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def moment_of(text: str) -> datetime:
    """The moment that `moment_text` wrote."""
    return datetime.fromisoformat(text)


def plain_details(details: Mapping[str, object]) -> dict[str, object]:
    """Details of a caller's own, as JSON can hold them exactly; tuples become lists.

    Raises:
        UsageError: J207 for anything else, floats above all.
    """
    return {_plain_name(name): _plain(value) for name, value in details.items()}


def _plain_name(name: object) -> str:
    if isinstance(name, str):
        return name
    raise _not_plain()


def _plain(value: object) -> object:
    if isinstance(value, _PLAIN_TYPES):
        return value
    if isinstance(value, Mapping):
        return {_plain_name(name): _plain(part) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(part) for part in value]
    raise _not_plain()


def _not_plain() -> UsageError:
    return UsageError(
        "J207",
        "the details of an entry hold something that is not exact text.",
        remedy="Use texts, whole numbers, truth values, lists and mappings; write decimals and moments as text.",
    )
