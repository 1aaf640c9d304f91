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
from trialkit.model.record import CellReference, RecordKey, Value

PLAN_FORMAT = "trialkit-import-plan-1"
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

    def text(self) -> str:
        """The text of its file."""
        whole = {"format": PLAN_FORMAT, "digest": self.digest, "made": self.made, "content": self.content}
        text = json.dumps(whole, ensure_ascii=False, indent=1) + "\n"
        return text if _is_sound(text) else json.dumps(whole, indent=1) + "\n"

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
            "records": [_record(proposal) for proposal in sorted(self.proposals, key=lambda one: one.key)],
            "findings": [_finding(finding) for finding in sorted(every, key=lambda one: one.sort_key)],
        }


def digest_of(content: Mapping[str, object]) -> str:
    """SHA-256 (hex) of the canonical text of plain content: JSON with sorted keys, without blanks, in UTF-8."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


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


def _is_sound(text: str) -> bool:
    """Whether a text has no half characters, which UTF-8 can not carry as they are."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


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
    change = proposal.change
    if change is not None and proposal.status is not Status.UNCHANGED:
        plain["items"] = {
            item.item: {
                "old": _value(item.old),
                "new": _value(item.new),
                "cell": _cell(change.sources.get(item.item)),
            }
            for item in change.items
        }
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


def _value(value: Value | None) -> Plain | None:
    if value is None:
        return None
    parts = {"text": value.text, "missing": value.missing, "unit": value.unit, "raw": value.raw}
    return {name: str(part) for name, part in parts.items() if part is not None}


def _cell(cell: CellReference | None) -> str | None:
    return None if cell is None else str(cell)
