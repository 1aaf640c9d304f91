"""Forms: a form is a table, a record is a row (ODM FormDef)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from trialkit.model.base import Expression, Label, Noun, Oid
from trialkit.model.check import Check
from trialkit.model.item import Item

Domain = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,3}$")]
"""An SDTM domain code: two characters, four for supplemental and trial design sets."""

SdtmVariable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,7}$")]
"""An SDTM variable name: at most eight characters."""


class TestMapping(Noun):
    """One test of a findings domain: the row that one item makes.

    Attributes:
        testcd: --TESTCD, the CDISC short name.
        test: --TEST; looked up in the controlled terms when left out.
        result: the item that holds the result; its unit becomes --ORRESU, its missing reason --STAT and --REASND.
        variables: variables of this test alone, each an expression; they win over those of the mapping.
    """

    __test__ = False  # pytest: not a test class

    testcd: SdtmVariable
    test: str = Field(default="", max_length=40)
    result: Oid
    variables: dict[SdtmVariable, Expression] = Field(default_factory=dict)


class DomainMapping(Noun):
    """How the records of a form become rows of one SDTM domain.

    Attributes:
        domain: the SDTM domain.
        when: only records for which this expression is true; all records when left out.
        variables: SDTM variable to expression over the record, for example ``VSDTC: dtc(VSDAT, VSTIM)``.
        tests: for a findings domain laid out wide: one row per test whose item has a value or a missing reason.
            Without tests, one row per record.
    """

    domain: Domain
    when: Expression | None = None
    variables: dict[SdtmVariable, Expression] = Field(default_factory=dict)
    tests: tuple[TestMapping, ...] = ()


class Form(Noun):
    """One case report form.

    Attributes:
        form: identifier, unique in a study.
        title: what people call it.
        version: version of the definition; every record knows the one it was captured under.
        repeating: a log form, with any number of records per visit (adverse events).
        items: at least one, in the order of entry.
        checks: edit checks that belong to the form in every protocol.
        sdtm: where its data go.
        help: plain words above the form.
    """

    form: Oid
    title: Label
    version: str = Field(default="1", min_length=1, max_length=20)
    repeating: bool = False
    help: str = ""
    items: tuple[Item, ...] = Field(min_length=1)
    checks: tuple[Check, ...] = ()
    sdtm: tuple[DomainMapping, ...] = ()

    @model_validator(mode="after")
    def _items_are_unique(self) -> Form:
        seen: set[str] = set()
        for item in self.items:
            if item.item in seen:
                raise ValueError(f"item {item.item} stands twice on the form")
            seen.add(item.item)
        return self

    def item(self, name: str) -> Item | None:
        """The item of this name, or None."""
        return next((item for item in self.items if item.item == name), None)

    @property
    def item_names(self) -> tuple[str, ...]:
        """Every item name, in order."""
        return tuple(item.item for item in self.items)
