"""The base of every defined noun: frozen, closed to unknown keys, silent about its input in errors."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints


class Noun(BaseModel):
    """A thing that is defined, not captured. Immutable; an unknown key is an error.

    Values of a definition file arrive as text and are typed here (pydantic's lax mode).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


Oid = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,31}$")]
"""An ODM object identifier as trialkit writes it: a capital, then capitals, digits, underscore; at most 32."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
"""A name chosen by people for protocols, plugins and mappings."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\s;][^;\r\n\t]*$")]
"""A submission value of a code list. No semicolon, which separates several codes; no leading blank."""

Label = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""One line shown to people."""

Expression = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
"""A text in the expression language (`trialkit.language`)."""
