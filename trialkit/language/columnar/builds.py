"""Who makes nodes ready over columns: given to the modules that make one sort of node ready."""

from __future__ import annotations

from typing import Protocol, TypeVar

from trialkit.language.books import Setting
from trialkit.language.columnar.frame import Frame
from trialkit.language.columnar.frames import Frames
from trialkit.language.columnar.value import Value
from trialkit.language.scope import Scope
from trialkit.language.tree import Tree

V = TypeVar("V", bound=Value)


class Builds(Protocol):
    """Makes nodes ready that are asked of the records of one frame."""

    @property
    def frame(self) -> Frame:
        """The records that are asked. Raises `NotColumnar` where pairs of records are."""

    @property
    def frames(self) -> Frames:
        """All records."""

    @property
    def setting(self) -> Setting:
        """What rules see besides."""

    @property
    def scope(self) -> Scope:
        """What the expression speaks of."""

    def build(self, node: Tree, /) -> Value:
        """Make a node ready. Raises `NotColumnar` where that can not be."""

    def light(self, value: V, /) -> V:
        """The same value, worked out at once where its expressions have grown long, since it will stand in others.

        Raises `NotColumnar` where they have grown long and that can not be.
        """

    def inside(self, form: str, /) -> Builds | None:
        """What makes nodes ready that are asked of the records of a scanned form; None when there are none."""
