"""The columnar evaluator: rules over all records at once, equal to what `Compiled.evaluate` gives for each.

It imports polars, which takes a while: import it where many records are judged, and nowhere else.
"""

from trialkit.language.columnar.answers import Answers
from trialkit.language.columnar.evaluator import Columnar
from trialkit.language.columnar.texts import text_series

__all__ = ["Answers", "Columnar", "text_series"]
