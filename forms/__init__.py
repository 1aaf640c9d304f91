"""Declarative definitions that every protocol may use: forms, code lists, units. Data, no code."""
