"""The second station: text as given in, canonical values out. Knows nothing of files, records stored, or people."""

from trialkit.normalise.numbers import point_for_comma
from trialkit.normalise.types import HOUSE_TYPES
from trialkit.normalise.values import Normalised, Normaliser, normalise_submission

__all__ = ["HOUSE_TYPES", "Normalised", "Normaliser", "normalise_submission", "point_for_comma"]
