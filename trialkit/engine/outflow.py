"""The way out: records as they stood at a moment, through export, into a package on disk."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from trialkit.engine.assembly import Assembly
from trialkit.engine.writing import write_to
from trialkit.errors import PluginError, TrialkitError, unknown_name
from trialkit.export import CSV, guarded_values, manifest, raw_datasets, sdtm_datasets, write_package
from trialkit.extension import DatasetBuilder, Writer
from trialkit.model.dataset import Dataset
from trialkit.model.outcome import ExportOutcome
from trialkit.model.record import Record
from trialkit.store import Head, Stamp, Store

_NO_DATA = ("X115", "There were no data at that moment. Look at --as-of, or at trialkit audit log.")


def export_raw(
    assembly: Assembly,
    store: Store,
    stamp: Stamp,
    folder: Path,
    formats: Sequence[str],
    *,
    as_of: datetime | None = None,
    force: bool = False,
) -> ExportOutcome:
    """One tidy table per form, and the datasets that plugins add, in each of the formats."""
    records = store.records(as_of=as_of)
    datasets = list(raw_datasets(assembly.study, store.subjects(as_of=as_of), records))
    taken = {dataset.name.casefold() for dataset in datasets}
    for builder in assembly.datasets:
        dataset = _build(builder, assembly, records)
        if dataset.name.casefold() in taken:
            raise _failed(f"dataset {builder.name}", f"there is a dataset {dataset.name} already")
        taken.add(dataset.name.casefold())
        datasets.append(dataset)
    return _write(assembly, store, stamp, folder, "raw", datasets, (), formats, as_of=as_of, force=force)


def export_sdtm(
    assembly: Assembly,
    store: Store,
    stamp: Stamp,
    folder: Path,
    formats: Sequence[str],
    *,
    as_of: datetime | None = None,
    force: bool = False,
) -> ExportOutcome:
    """The SDTM domains that the forms map to, in each of the formats.

    The same data give the same bytes: everything that depends on a moment takes that of the newest entry that
    changed the data, never that of the export.
    """
    position = store.data_head(as_of=as_of)
    package = sdtm_datasets(
        assembly.study,
        store.subjects(as_of=as_of),
        store.records(as_of=as_of),
        assembly.types,
        assembly.functions,
        _moment(position).date(),
    )
    notices = tuple(str(notice) for notice in package.notices)
    return _write(assembly, store, stamp, folder, "sdtm", package.datasets, notices, formats, as_of=as_of, force=force)


def _write(
    assembly: Assembly,
    store: Store,
    stamp: Stamp,
    folder: Path,
    kind: str,
    datasets: Sequence[Dataset],
    notices: Sequence[str],
    formats: Sequence[str],
    *,
    as_of: datetime | None,
    force: bool,
) -> ExportOutcome:
    position = store.data_head(as_of=as_of)
    if not position.seq:
        notices = (": ".join(_NO_DATA), *notices)
    writers = [_writer(assembly, name) for name in dict.fromkeys(formats)]
    if any(writer.name == CSV.name for writer in writers):
        notices = (*notices, *_name_guarded(datasets))
    files: dict[str, bytes] = {}
    rows: dict[str, int] = {}
    for dataset in datasets:
        for writer in writers:
            name = f"{dataset.name.lower()}{writer.suffix}"
            files[name] = _encode(writer, dataset, assembly, _moment(position).isoformat())
            rows[name] = len(dataset.rows)
    files["manifest.json"] = _manifest(assembly, position, files, notices, rows)
    rows["manifest.json"] = 0
    write_package(folder, files, force=force)
    digest = hashlib.sha256(files["manifest.json"]).hexdigest()
    with write_to(assembly, store, stamp) as transaction:
        transaction.log(f"export.{kind}", {"manifest": digest, "position": position.seq, "files": sorted(files)})
    return ExportOutcome(folder.as_posix(), rows, tuple(sorted(notices)), position.seq)


def _name_guarded(datasets: Sequence[Dataset]) -> list[str]:
    """What was changed in CSV so that no spreadsheet program executes it."""
    return [
        f"{dataset.name}.{variable}: {count} value{'s' * (count > 1)} in CSV with an apostrophe before what would be a "
        "formula. trialkit import takes it away again; --format csv-exact writes none."
        for dataset in datasets
        for variable, count in guarded_values(dataset).items()
    ]


def _build(builder: DatasetBuilder, assembly: Assembly, records: Sequence[Record]) -> Dataset:
    try:
        dataset: object = builder.build(assembly.study, records)
    except Exception as error:  # noqa: BLE001  # a plugin's code may raise anything
        raise _failed(f"dataset {builder.name}", f"it raised {type(error).__name__}") from None
    if not isinstance(dataset, Dataset):
        raise _failed(f"dataset {builder.name}", f"the plugin made {type(dataset).__name__} instead")
    return dataset


def _encode(writer: Writer, dataset: Dataset, assembly: Assembly, moment: str) -> bytes:
    try:
        content: object = writer.encode(dataset, assembly.study, moment)
    except TrialkitError:
        raise  # says what is wrong with the data, and what to do
    except Exception as error:  # noqa: BLE001  # a plugin's code may raise anything
        what = f"{writer.name} file of {dataset.name}"
        raise _failed(what, f"the writer raised {type(error).__name__}") from None
    if not isinstance(content, bytes):
        raise _failed(f"{writer.name} file of {dataset.name}", f"the writer made {type(content).__name__} instead")
    return content


def _failed(what: str, reason: str) -> PluginError:
    return PluginError(
        "P103", f"The {what} could not be made: {reason}.", remedy="Tell the plugin's author; nothing was written."
    )


def _moment(position: Head) -> datetime:
    """When the data last changed; for a study without data the beginning of 1970, so that its bytes are fixed, too."""
    return position.at or datetime(1970, 1, 1, tzinfo=UTC)


def _manifest(
    assembly: Assembly, position: Head, files: Mapping[str, bytes], notices: Sequence[str], rows: Mapping[str, int]
) -> bytes:
    contributions = sorted(set(assembly.study.origins.values()), key=lambda origin: origin.plugin)
    versions = {"trialkit": version("trialkit"), "python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    return manifest(assembly.study, contributions, position, versions, files, rows, notices)


def _writer(assembly: Assembly, name: str) -> Writer:
    if name not in assembly.writers:
        raise unknown_name("U106", "format", name, sorted(assembly.writers))
    return assembly.writers[name]
