"""The rules of the items over all records of a form at once: columns in, the findings that Cerberus would give out.

Cerberus stays the reference. The columns may doubt a clean cell, which Cerberus then judges, but pass no dirty one.
Importing this brings polars, which `trialkit.validate` alone does not.
"""

from trialkit.validate.columnar.field_findings import field_findings
from trialkit.validate.columnar.findings import FieldFindings

__all__ = ["FieldFindings", "field_findings"]
