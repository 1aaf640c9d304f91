"""The plan of an import: what a file would do, under a digest over all that it was decided on. Pure but for its file.

The digest knows no clock: the same file, mappings, definitions and records give the same plan at any time, unless a
rule asks for today's date and answers otherwise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trialkit.engine.importing import Delivery, ImportOrder
from trialkit.engine.intake import Batch
from trialkit.engine.proposal import Proposal
from trialkit.engine.proposals import Proposals
from trialkit.engine.proposed_rows import ProposedRows
from trialkit.errors import UsageError
from trialkit.extension import ReadOptions
from trialkit.model.finding import Finding
from trialkit.model.import_options import Blank, OnError
from trialkit.model.outcome import Status
from trialkit.model.record import RecordKey
from trialkit.store import said_by

PLAN_FORMAT = "trialkit-import-plan-2"
_LARGEST = 512 * 1024 * 1024
_KEYS = frozenset({"study", "source", "mappings", "definitions", "options", "enrol", "records", "findings"})

Plain = dict[str, Any]  # Any: parsed JSON, different for each key
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """A plan as it stands in its file.

    Attributes:
        digest: SHA-256 (hex) of the canonical text of `content`.
        content: what was decided, and on what.
        made: for people and for finding the files again: who made it, from which entry of the journal, which paths.
    """

    digest: str
    content: Plain
    made: Plain

    def pieces(self) -> Iterator[bytes]:
        """Its file, piece by piece: one line for each record, each finding, and whatever else there are many of."""
        head = {"format": PLAN_FORMAT, "digest": self.digest, "made": self.made}
        yield b"{" + b",".join(b"\n " + _line(name) + b": " + _line(value) for name, value in head.items())
        yield b',\n "content": {'
        for number, (name, value) in enumerate(self.content.items()):
            yield (b",\n  " if number else b"\n  ") + _line(name) + b": "
            if isinstance(value, _MANY):
                yield b"["
                yield from ((b",\n   " if place else b"\n   ") + _line(one) for place, one in enumerate(value))
                yield b"]"
            else:
                yield _line(value)
        yield b"\n }\n}\n"

    @property
    def position(self) -> int:
        """The journal entry at which the data stood."""
        return int(self.made["position"])

    @property
    def standing(self) -> dict[str, int]:
        """Every record that the decision looked at, with its version."""
        return dict(self.content["standing"])

    def order(self, place: Path, file: Path | None, mappings: Sequence[Path]) -> ImportOrder:
        """What was asked for, with the files where they are now.

        Args:
            place: the folder of the plan.
            file: the source file, when somebody names it.
            mappings: the mapping files, when somebody names them.
        """
        options = self.content["options"]
        return ImportOrder(
            file=file or _find(self.made["file"], place),
            mappings=tuple(mappings) or tuple(_find(path, place) for path in self.made["mappings"]),
            options=ReadOptions(options["encoding"], options["delimiter"]),
            reason=options["reason"],
            on_error=OnError(options["on_error"]),
            blank=Blank(options["blank"]),
        )


def make_plan(
    study: str, definitions: str, delivery: Delivery, decided: Decided, standing: Mapping[RecordKey, int], made: Plain
) -> ImportPlan:
    """Lay down what was decided.

    Args:
        study: STUDYID.
        definitions: the digest of the definitions in force.
        delivery: the file.
        decided: what came of it.
        standing: the versions of every record of the subjects that it looked at.
        made: who made it, where the journal ended, and the paths of the files.
    """
    order = delivery.order
    content: Plain = {
        "study": study,
        "source": {"name": delivery.source.name, "digest": delivery.source.digest, "kind": delivery.source.kind},
        "mappings": delivery.mapping_digests,
        "definitions": definitions,
        "options": {
            "encoding": order.options.encoding,
            "delimiter": order.options.delimiter,
            "reason": order.reason,
            "on_error": order.on_error.value,
            "blank": order.blank.value,
        },
        **decided.plain(),
        "subjects": sorted(decided.touched()),
        "standing": {str(key): version for key, version in sorted(standing.items())},
    }
    return ImportPlan(digest_of(content), content, made)


@dataclass(slots=True)
class Decided:
    """Takes down what was decided on a batch, as its witness; see `trialkit.engine.intake.Batch`."""

    batch: Batch | None = None
    proposals: Proposals = field(default_factory=Proposals)

    def take(self, batch: Batch, proposals: Proposals) -> None:
        """Be shown what was decided."""
        self.batch, self.proposals = batch, proposals

    def touched(self) -> frozenset[str]:
        """Whose records it looked at: the subjects of the file, and an empty text for the rows of reference forms."""
        enrolled = () if self.batch is None else (subject.subject for subject in self.batch.new_subjects)
        return frozenset({"", *enrolled, *(key.subject for key in self.proposals.keys)})

    def is_as(self, other: Decided) -> bool:
        """Whether the same was decided on the same file: what a plan would say of both is equal."""
        mine, theirs = self.proposals.parts, other.proposals.parts
        return (
            self._beside() == other._beside()
            and len(mine) == len(theirs)
            and all(map(_is_decided_alike, mine, theirs))  # most are one and the same
        )

    def _beside(self) -> tuple[object, ...]:
        """What was decided besides records."""
        subjects = () if self.batch is None else self.batch.new_subjects
        return subjects, [_finding(finding) for finding in (() if self.batch is None else self.batch.findings)]

    def plain(self) -> Plain:
        """What was decided, as it stands in a plan."""
        subjects = () if self.batch is None else self.batch.new_subjects
        findings = () if self.batch is None else self.batch.findings
        every = [*findings, *self.proposals.findings]
        return {
            "enrol": [{"subject": found.subject, "site": found.site, "number": found.number} for found in subjects],
            "records": _Records(self.proposals),
            "findings": [_finding(finding) for finding in sorted(every, key=lambda one: one.sort_key)],
        }


class _Records:
    """What is decided on each record, sorted by key: laid down one after the other, for there may be a million."""

    def __init__(self, proposals: Proposals) -> None:
        self._parts = proposals.parts
        places = [
            (key, number, place)
            for number, part in enumerate(proposals.parts)
            for place, key in enumerate([part.key] if isinstance(part, Proposal) else part.keys)
        ]
        self._order = sorted(places)

    def __iter__(self) -> Iterator[Plain]:
        for _, number, place in self._order:
            part = self._parts[number]
            yield _record(part if isinstance(part, Proposal) else part[place])


_MANY = (list, _Records)
"""What is laid down one after the other."""


def digest_of(content: Mapping[str, object]) -> str:
    """SHA-256 (hex) of the canonical text of plain content: JSON with sorted keys, without blanks, in UTF-8."""
    digest = hashlib.sha256()
    for piece in _canonical(content):
        digest.update(piece.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def _canonical(content: Mapping[str, object]) -> Iterator[str]:
    yield "{"
    for number, name in enumerate(sorted(content)):
        yield f"{',' if number else ''}{_write(name)}:"
        value = content[name]
        if isinstance(value, _MANY):
            yield "["
            yield from (f"{',' if place else ''}{_write(one)}" for place, one in enumerate(value))
            yield "]"
        else:
            yield _write(value)
    yield "}"


def _line(value: object) -> bytes:
    """JSON in one line; half characters, which UTF-8 can not carry as they are, stand there as numbers."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def read_plan(path: Path) -> ImportPlan:
    """Read a plan from its file. Raises UsageError U161 when it is none, or was changed by hand."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("too large")
        plain = json.loads(path.read_text(encoding="utf-8"))
        plan = ImportPlan(plain["digest"], plain["content"], plain["made"])
        is_plan = plain["format"] == PLAN_FORMAT and plan.order(path.parent, None, ()) is not None
        is_plan = is_plan and plan.position >= 0 and isinstance(plan.standing, dict) and _KEYS.issubset(plan.content)
        is_plan = is_plan and isinstance(plan.content["subjects"], list)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        is_plan = False
    if not is_plan:
        raise UsageError(
            "U161", f"{path.name} is not a plan of an import.", remedy="Make one with trialkit import FILE --plan."
        )
    if digest_of(plan.content) != plan.digest:
        raise UsageError(
            "U161", f"{path.name} was changed after it was made.", remedy="Make it again; a plan is not edited."
        )
    return plan


def first_difference(planned: Plain, now: Plain) -> str:
    """What is decided otherwise now than in a plan, in words."""
    words = next(_differences(planned, now), None)
    return words or "something else is decided now than was planned"


def _differences(planned: Plain, now: Plain) -> Iterator[str]:
    knew, knows = (frozenset(map(_all_of, part["findings"])) for part in (planned, now))
    new = [found for found in now["findings"] if _all_of(found) not in knew]
    gone = [found for found in planned["findings"] if _all_of(found) not in knows]
    for found in new:
        yield f"{found['where']} has {found['code']} now, which the plan does not know"
    for found in gone:
        yield f"{found['where']} has {found['code']} in the plan and not any more"
    before = {found["record"]: found for found in planned["records"]}
    for found in now["records"]:
        earlier = before.get(found["record"])
        if earlier is not None and earlier["status"] != found["status"]:
            yield f"{found['record']} is {found['status']} now, and {earlier['status']} in the plan"
        elif earlier != found:
            yield f"{found['record']} would be written otherwise than planned"
    if planned["enrol"] != now["enrol"]:
        yield "other subjects would be enrolled than planned"


def _all_of(finding: Plain) -> str:
    return json.dumps(finding, sort_keys=True)


def _find(path: str, place: Path) -> Path:
    """A file by the path it had: from here, or else from the folder of the plan."""
    return Path(path) if Path(path).exists() else place / path


def _is_decided_alike(one: Proposal | ProposedRows, other: Proposal | ProposedRows) -> bool:
    return one is other or _decision(one) == _decision(other)


def _decision(part: Proposal | ProposedRows) -> list[tuple[Plain, list[Plain]]]:
    several = [part] if isinstance(part, Proposal) else part
    return [(_record(found), [_finding(finding) for finding in found.findings]) for found in several]


def _record(proposal: Proposal) -> Plain:
    plain: Plain = {"record": str(proposal.key), "status": proposal.status.value, "version": proposal.version}
    if proposal.change is not None and proposal.status is not Status.UNCHANGED:
        plain |= said_by(proposal.change)
    if proposal.reason:
        plain["reason"] = proposal.reason
    return plain


def _finding(finding: Finding) -> Plain:
    """Its message is left out: it may tell today's date."""
    return {
        "where": finding.where,
        "code": finding.code,
        "severity": finding.severity.value,
        "record": None if finding.key is None else str(finding.key),
        "item": finding.item,
    }
