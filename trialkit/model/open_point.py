"""Open points: what the definitions of a study take for granted although nobody has confirmed it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialkit.model.study import Study


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """One thing that somebody who knows must confirm before first use.

    Attributes:
        where: ``P.bp_hold_sys``, ``MADRS.TOTAL``, ``protocol iv`` or ``form CADSS``.
        text: what to confirm, in plain words.
    """

    where: str
    text: str


def open_points(study: Study) -> tuple[OpenPoint, ...]:
    """Every open point of a compiled study: of the protocol, its parameters by name, then of each form and its items.

    A score has its point on the item that it became. A number that the study overrides is confirmed by that, and what
    stands on variants that the study does not follow is not its concern.
    """
    return (*_of_protocol(study), *(point for name in sorted(study.forms) for point in _of_form(study, name)))


def open_points_of(study: Study, form: str) -> tuple[OpenPoint, ...]:
    """The open points of one form and of its items."""
    return tuple(_of_form(study, form))


def _of_protocol(study: Study) -> Iterator[OpenPoint]:
    protocol = study.protocol
    yield from (OpenPoint(f"protocol {protocol.protocol}", text) for text in protocol.to_confirm)
    for name, parameter in sorted(protocol.parameters.items()):
        if parameter.to_confirm:
            yield OpenPoint(f"P.{name}", parameter.to_confirm)


def _of_form(study: Study, name: str) -> Iterator[OpenPoint]:
    form = study.forms[name]
    yield from (OpenPoint(f"form {name}", text) for text in form.to_confirm)
    yield from (OpenPoint(f"{name}.{item.item}", item.to_confirm) for item in form.items if item.to_confirm)
