"""Definitions: strict YAML files in, model objects with places out; a study with everything handed in, compiled.

Every problem is reported at once, at its line and column. Never reads data and never runs what it reads.

Names are resolved when they are asked for: a study that was kept is not compiled again.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialkit.define.compiled import compiled_bytes, read_compiled
    from trialkit.define.files import files_in, kind_of, load_file, load_folder, load_study_definition
    from trialkit.define.formats import YAML_FORMAT
    from trialkit.define.located import Contributed, Located
    from trialkit.define.mapping_pages import mapping_page
    from trialkit.define.mappings import check_mapping, load_mapping
    from trialkit.define.nodes import read_nodes
    from trialkit.define.schema import json_schema
    from trialkit.define.studies import compile_study
    from trialkit.define.text import mapping_text, study_text

_HOMES = {
    "YAML_FORMAT": "trialkit.define.formats",
    "Contributed": "trialkit.define.located",
    "Located": "trialkit.define.located",
    "check_mapping": "trialkit.define.mappings",
    "compile_study": "trialkit.define.studies",
    "compiled_bytes": "trialkit.define.compiled",
    "files_in": "trialkit.define.files",
    "json_schema": "trialkit.define.schema",
    "kind_of": "trialkit.define.files",
    "load_file": "trialkit.define.files",
    "load_folder": "trialkit.define.files",
    "load_mapping": "trialkit.define.mappings",
    "load_study_definition": "trialkit.define.files",
    "mapping_page": "trialkit.define.mapping_pages",
    "mapping_text": "trialkit.define.text",
    "read_compiled": "trialkit.define.compiled",
    "read_nodes": "trialkit.define.nodes",
    "study_text": "trialkit.define.text",
}

__all__ = [
    "YAML_FORMAT",
    "Contributed",
    "Located",
    "check_mapping",
    "compile_study",
    "compiled_bytes",
    "files_in",
    "json_schema",
    "kind_of",
    "load_file",
    "load_folder",
    "load_mapping",
    "load_study_definition",
    "mapping_page",
    "mapping_text",
    "read_compiled",
    "read_nodes",
    "study_text",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
