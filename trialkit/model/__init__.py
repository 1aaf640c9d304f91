"""The nouns of a trial: frozen, typed, without I/O and without a clock. pydantic lives here."""
