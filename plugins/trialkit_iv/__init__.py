"""Ketamine by intravenous infusion: hands in the protocol `iv` and its dosing form, as files; reads no data."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from trialkit import DefinitionSource, StudyDefinition, hookimpl


@hookimpl
def trialkit_define_protocols() -> Iterable[DefinitionSource]:
    """Hand in the protocol: arms, visits, timepoints, parameters."""
    return [Path(__file__).parent / "protocol.yaml"]


@hookimpl
def trialkit_define_forms(study: StudyDefinition) -> Iterable[DefinitionSource]:
    """Hand in the dosing form and its checks, to studies of this protocol only."""
    return [Path(__file__).parent / "forms"] if study.protocol == "iv" else []
