"""A compiled study as bytes and back, with nothing lost: the order of things, and numbers as they were written."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from trialkit.model.check import Check
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.protocol import Protocol, Visit
from trialkit.model.study import Contribution, Study, StudyDefinition
from trialkit.model.unit import UnitConversion


class _Parts(BaseModel):
    """All of a study but its definition, which is read each time, and its canonical text, which is written as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    protocol: Protocol
    other_visits: tuple[Visit, ...]
    forms: dict[str, Form]
    codelists: dict[str, CodeList]
    checks: dict[str, tuple[Check, ...]]
    units: tuple[UnitConversion, ...]
    origins: dict[str, Contribution]
    digest: str
    set_aside: dict[str, str]
    reads: dict[str, tuple[str, ...]]


def compiled_bytes(study: Study) -> bytes | None:
    """A compiled study as bytes that `read_compiled` takes.

    Returns None when the study would not come back from them as it is. A definition that a plugin made in Python may
    be of a class of its own, or hold what its model would refuse to read.
    """
    try:
        content = _write(study)
        again = read_compiled(content, study.definition)
    except ValueError:
        return None
    # Equal decimals may be written differently, and equal mappings have another order: the bytes show both.
    return content if again == study and _write(again) == content else None


def read_compiled(content: bytes, definition: StudyDefinition) -> Study:
    """The study that bytes of `compiled_bytes` hold.

    Args:
        content: the bytes.
        definition: the definition of the study, as its `study.yaml` says it.

    Raises:
        ValueError: when the bytes hold no study.
    """
    text, _, rest = content.partition(b"\n")
    parts = _Parts.model_validate_json(rest)
    return Study(
        definition=definition,
        protocol=parts.protocol.with_other_visits(parts.other_visits),
        forms=parts.forms,
        codelists=parts.codelists,
        checks=parts.checks,
        units=parts.units,
        origins=parts.origins,
        digest=parts.digest,
        text=text.decode("ascii"),
        set_aside=parts.set_aside,
        reads={name: frozenset(forms) for name, forms in parts.reads.items()},
    )


def _write(study: Study) -> bytes:
    parts = _Parts.model_construct(
        protocol=study.protocol,
        other_visits=study.protocol.other_visits,
        forms=dict(study.forms),
        codelists=dict(study.codelists),
        checks=dict(study.checks),
        units=study.units,
        origins=dict(study.origins),
        digest=study.digest,
        set_aside=dict(study.set_aside),
        reads={name: tuple(sorted(forms)) for name, forms in study.reads.items()},
    )
    rest = parts.model_dump_json(exclude_unset=True, warnings=False)
    return study.text.encode("ascii") + b"\n" + rest.encode("utf-8")
