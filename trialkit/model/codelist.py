"""Code lists: the closed or extensible sets of values that an item may take (ODM CodeList)."""

from __future__ import annotations

from pydantic import Field, model_validator

from trialkit.model.base import Code, Noun, Oid


class Term(Noun):
    """One entry of a code list (ODM CodeListItem).

    Attributes:
        code: the submission value that is stored.
        label: what people read and may type instead of the code.
        nci: NCI concept code of the term, when CDISC has one.
        synonyms: other spellings that are accepted and stored as the code.
    """

    code: Code
    label: str = Field(default="", description="What people read; the code itself when left out.")
    nci: str = Field(default="", pattern=r"^(C[0-9]+)?$", description="NCI concept code, for example C49488.")
    synonyms: tuple[str, ...] = ()

    @property
    def display(self) -> str:
        """The label, or the code where there is none."""
        return self.label or self.code


class CodeList(Noun):
    """A named set of terms, in the order in which they are offered.

    Attributes:
        codelist: identifier, unique in a study.
        title: what the list is about.
        nci: NCI code of the CDISC code list, when it is one.
        extensible: whether CDISC allows a sponsor to add terms.
        terms: at least one; codes are unique.
    """

    codelist: Oid
    title: str = ""
    nci: str = Field(default="", pattern=r"^(C[0-9]+)?$")
    extensible: bool = False
    terms: tuple[Term, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _codes_are_unique(self) -> CodeList:
        seen: set[str] = set()
        for term in self.terms:
            if term.code in seen:
                raise ValueError(f"code {term.code!r} stands twice in the list")
            seen.add(term.code)
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code, in order."""
        return tuple(term.code for term in self.terms)

    def term(self, code: str) -> Term | None:
        """The term with exactly this code, or None."""
        return next((term for term in self.terms if term.code == code), None)
