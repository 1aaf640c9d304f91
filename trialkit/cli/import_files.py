"""What ``trialkit import`` leaves beside what it stores: correction workbooks, rejected rows, a listing of findings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialkit.cli.context import now
from trialkit.cli.output import plural, talk
from trialkit.errors import SourceFileError
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.outcome import SaveOutcome
from trialkit.model.source import SourceFile
from trialkit.wording import speakable

if TYPE_CHECKING:
    from trialkit.document.import_listing import ImportedFindings
    from trialkit.engine import Engine

_MACROS = ".xlsm"
_LISTINGS = (".xlsx", ".csv", ".json")


@dataclass(slots=True)
class ImportFiles:
    """The files that are asked for, and what they are made of.

    Attributes:
        corrections: a file, or a folder for a file each; None when it is not asked for.
        rejects: likewise.
        findings: a file for the findings of all imports; None when it is not asked for.
        force: whether files that are there may be replaced.
    """

    corrections: Path | None = None
    rejects: Path | None = None
    findings: Path | None = None
    force: bool = False
    _read: tuple[SourceFile, Sequence[ColumnMapping]] | None = None
    _found: list[ImportedFindings] = field(default_factory=list)

    def require_free(self, sources: Sequence[Path]) -> None:
        """Refuse, before anything is read, what could not be written afterwards.

        Raises:
            UsageError: B101 when a file is there, or is one of those to import.
            click.UsageError: for a name that can not be.
        """
        from trialkit.document.outfile import require_free

        targets = [self.findings] if self.findings is not None else []
        for source in sources:
            targets += [path for path in (self._corrections_of(source), self._rejects_of(source)) if path is not None]
        if self.findings is not None and self.findings.suffix.lower() not in _LISTINGS:
            raise click.BadParameter(f"{self.findings.name} should end in .xlsx, .csv or .json.")
        resolved = [path.resolve() for path in targets]
        for path in targets:
            if not path.parent.is_dir():
                raise click.BadParameter(f"there is no folder {path.parent.as_posix()}: make it first.")
            if resolved.count(path.resolve()) > 1:
                raise click.BadParameter(f"{path.as_posix()} is asked for twice: name a folder, or other files.")
            is_source = path.resolve() in [source.resolve() for source in sources]
            require_free(path, force=self.force and not is_source)

    def keep_read(self, source: SourceFile, mappings: Sequence[ColumnMapping]) -> None:
        """Keep a file as it was read, for what is to be written when it is imported."""
        self._read = source, mappings

    def write(self, path: Path, outcome: SaveOutcome, engine: Engine) -> None:
        """Write what is asked for about one import, and say so."""
        if self._read is None:
            return
        source, mappings = self._read
        self._read = None
        if self.findings is not None:
            self._found.append(_findings_of(path, source, outcome))
        if outcome.findings:
            self._write_correction(self._corrections_of(path), path, source, outcome, engine)
        if outcome.has_hard_findings:
            self._write_correction(self._rejects_of(path), path, source, outcome, engine, mappings)

    def write_findings(self, engine: Engine) -> None:
        """Write the listing of the findings of all imports, when it is asked for."""
        if self.findings is None:
            return
        from trialkit.document import import_listing
        from trialkit.document.outfile import write_document

        rows = import_listing.listing_rows(self._found, engine.store.queries())
        ending = self.findings.suffix.lower()
        if ending == ".xlsx":
            study = engine.assembly.study.definition
            import_listing.write_listing_workbook(self.findings, study, self._found, rows, now())
        else:
            make = import_listing.listing_csv if ending == ".csv" else import_listing.listing_json
            write_document(self.findings, make(rows), force=self.force)
        found = sum(len(imported.findings) for imported in self._found)
        noted = import_listing.count_notes(self._found)
        notes = f" and {plural(noted, 'note')}" if noted else ""
        talk(f"Wrote {self.findings.as_posix()}: {plural(found, 'finding')}{notes}.")

    def _write_correction(
        self,
        target: Path | None,
        path: Path,
        source: SourceFile,
        outcome: SaveOutcome,
        engine: Engine,
        rejects_of: Sequence[ColumnMapping] | None = None,
    ) -> None:
        if target is None:
            return
        from trialkit.document.correction import make_correction
        from trialkit.document.outfile import write_document

        study = engine.assembly.study
        made = make_correction(_read_again(path, source), source, outcome.findings, study, rejects_of=rejects_of)
        write_document(target, made.content, force=self.force)
        what = f"{path.name} again, {plural(made.cells, 'cell')} marked" if rejects_of is None else "the rows refused"
        talk(f"Wrote {target.as_posix()}: {what}.")
        for note in made.notes:
            talk(f"{target.name}: {note}")

    def _corrections_of(self, source: Path) -> Path | None:
        return _target(self.corrections, source, "corrections")

    def _rejects_of(self, source: Path) -> Path | None:
        return _target(self.rejects, source, "rejects")


def _target(asked: Path | None, source: Path, word: str) -> Path | None:
    """The file for one source; in a folder it is called after the source."""
    if asked is None:
        return None
    ending = _MACROS if source.suffix.lower() == _MACROS else ".xlsx"
    if asked.is_dir():
        return asked / f"{source.stem}-{word}{ending}"
    if asked.suffix.lower() != ending:
        why = ", because it keeps the macros of the file" if ending == _MACROS else ""
        raise click.BadParameter(f"{asked.name} should end in {ending}{why}.")
    return asked


def _read_again(path: Path, source: SourceFile) -> bytes:
    """The bytes of a file that was imported. Raises SourceFileError S107 when they are no longer the same."""
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != source.digest:
        raise SourceFileError(
            "S107",
            f"{path.name} changed while it was imported, so its cells can not be marked.",
            remedy="Close it in other programs, and import it again.",
        )
    return content


def _findings_of(path: Path, source: SourceFile, outcome: SaveOutcome) -> ImportedFindings:
    from trialkit.document.import_listing import ImportedFindings, cells_given

    return ImportedFindings(
        speakable(path.name), outcome.findings, cells_given(source, outcome.findings), source.oddities
    )
