"""A definition goes in; the text of a file that is read back as the same definition comes out."""

from __future__ import annotations

import yaml

from trialkit.model.mapping import Mapping
from trialkit.model.study import StudyDefinition


def study_text(definition: StudyDefinition) -> str:
    """The text of a `study.yaml`; what is as it would be anyway is left out."""
    return _text(definition)


def mapping_text(mapping: Mapping) -> str:
    """The text of a mapping file; what is as it would be anyway is left out."""
    return _text(mapping)


def _text(definition: StudyDefinition | Mapping) -> str:
    plain = definition.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100_000)
