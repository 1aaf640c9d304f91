"""A batch with findings that say what the person who sent the file sees in its cells. Changes messages, no value."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from trialkit.capture import PercentCells
from trialkit.engine.intake import Batch
from trialkit.model.source import SourceFile


def tell_shown(batch: Batch, source: SourceFile) -> Batch:
    """The batch; its findings about cells that show a percentage say what is stored and what is shown.

    Args:
        batch: what a file came to.
        source: the file.
    """
    cells = PercentCells(source, chain(batch.findings, batch.proposals.findings))
    if not cells:
        return batch
    return replace(batch, proposals=batch.proposals.retell(cells.tell), findings=cells.tell(batch.findings))
