"""A dataset in, the bytes of a Dataset-JSON 1.1 file out. Numbers keep every digit; nothing passes through float.

Source: CDISC Dataset-JSON 1.1 (5 December 2024), schema `dataset.schema.json`.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal

from trialkit.errors import UsageError
from trialkit.export.plain_number import plain_number
from trialkit.extension import Writer
from trialkit.model.dataset import Dataset, Datum, Variable, VariableType
from trialkit.model.study import Study

__all__ = ["DATASET_JSON", "encode_dataset_json"]

_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$", re.ASCII)


def encode_dataset_json(dataset: Dataset, study: Study, moment: str) -> bytes:
    """Write one dataset as Dataset-JSON 1.1: UTF-8, one row per line, a line feed at the end.

    A missing text is written as an empty text, a missing number as null. Columns of whole numbers are ``integer``,
    other numbers ``double``; dates are ``string``, since they may be partial.

    Args:
        dataset: any dataset; names and texts of any length, any characters.
        study: gives `studyOID`.
        moment: ISO 8601 date-time, written as `datasetJSONCreationDateTime`.

    Raises:
        UsageError: X209 when `moment` is no date-time, X206 when a value does not fit its variable's type.
    """
    if not _MOMENT.match(moment):
        message = f"Dataset {dataset.name} can not be written: the moment of the export is not an ISO 8601 date-time."
        raise UsageError("X209", message, remedy="Give it as 2026-11-01T09:30:00Z.")
    head = {
        "datasetJSONCreationDateTime": moment,
        "datasetJSONVersion": "1.1.0",
        "studyOID": study.definition.study,
        "itemGroupOID": f"IG.{dataset.name}",
        "records": len(dataset.rows),
        "name": dataset.name,
        "label": dataset.label,
        "columns": [_column(dataset, place) for place in range(len(dataset.variables))],
    }
    opening = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    rows = ",\n".join(_row(dataset, number) for number in range(len(dataset.rows)))
    return f'{opening},\n "rows": [\n{rows}\n ]\n}}\n'.encode()


def _column(dataset: Dataset, place: int) -> dict[str, str | int]:
    variable = dataset.variables[place]
    column: dict[str, str | int] = {
        "itemOID": f"IT.{dataset.name}.{variable.name}",
        "name": variable.name,
        "label": variable.label,
        "dataType": _data_type(dataset, place),
    }
    if variable.type is VariableType.CHAR:
        column["length"] = variable.length
    if variable.name in dataset.keys:
        column["keySequence"] = dataset.keys.index(variable.name) + 1
    return column


def _data_type(dataset: Dataset, place: int) -> str:
    if dataset.variables[place].type is VariableType.CHAR:
        return "string"
    numbers = (row[place] for row in dataset.rows)
    whole = all(
        number is None or (isinstance(number, Decimal) and number == number.to_integral_value()) for number in numbers
    )
    return "integer" if whole else "double"


def _row(dataset: Dataset, number: int) -> str:
    fields = zip(dataset.variables, dataset.rows[number], strict=True)
    return "  [" + ", ".join(_field(dataset, variable, datum, number) for variable, datum in fields) + "]"


def _field(dataset: Dataset, variable: Variable, datum: Datum, number: int) -> str:
    if datum is None:
        return "null" if variable.type is VariableType.NUM else '""'
    if variable.type is VariableType.CHAR and isinstance(datum, str):
        return json.dumps(datum, ensure_ascii=False)
    if variable.type is VariableType.NUM and isinstance(datum, Decimal) and datum.is_finite():
        return plain_number(datum)
    message = (
        f"{dataset.name}.{variable.name}, row {number + 1} can not be written: the value is not of the variable's type."
    )
    raise UsageError("X206", message, remedy="Correct the value in its record, or the type of the variable.")


DATASET_JSON = Writer(name="dataset-json", suffix=".json", encode=encode_dataset_json)
