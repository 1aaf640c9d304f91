"""Definitions: strict YAML files in, model objects with places out; a study with everything handed in, compiled.

Every problem is reported at once, at its line and column. Never reads data and never runs what it reads.
"""

from trialkit.define.files import kind_of, load_file, load_folder, load_study_definition
from trialkit.define.formats import YAML_FORMAT
from trialkit.define.located import Contributed, Located
from trialkit.define.mapping_page import mapping_page
from trialkit.define.mappings import check_mapping, load_mapping
from trialkit.define.nodes import read_nodes
from trialkit.define.schema import json_schema
from trialkit.define.studies import compile_study
from trialkit.define.text import mapping_text, study_text

__all__ = [
    "YAML_FORMAT",
    "Contributed",
    "Located",
    "check_mapping",
    "compile_study",
    "json_schema",
    "kind_of",
    "load_file",
    "load_folder",
    "load_mapping",
    "load_study_definition",
    "mapping_page",
    "mapping_text",
    "read_nodes",
    "study_text",
]
