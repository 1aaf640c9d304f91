"""The CDISC pilot study as a protocol plugin, written as anybody outside of trialkit would write one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from trialkit import DefinitionSource, StudyDefinition, hookimpl

HERE = Path(__file__).parent


@hookimpl
def trialkit_define_protocols() -> Iterable[DefinitionSource]:
    """Visits, timepoints and arms."""
    return [HERE / "protocol.yaml"]


@hookimpl
def trialkit_define_forms(study: StudyDefinition) -> Iterable[DefinitionSource]:
    """Demographics, exposure, and three forms of vital signs, for studies of this protocol only."""
    return [HERE / "forms"] if study.protocol == "pilot" else []
