"""Domain mappings: how the records of a form become rows of SDTM domains."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from trialkit.model.base import Expression, Noun, Oid

Domain = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,3}$")]
"""An SDTM domain code: two characters, four for supplemental and trial design sets."""

SdtmVariable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,7}$")]
"""An SDTM variable name: at most eight characters."""


class SupplementalQualifier(Noun):
    """A value that no variable of the domain holds: a row of the domain's supplemental qualifiers (SUPP--).

    Attributes:
        label: QLABEL.
        value: QVAL, an expression over the record; no row where it is missing.
        origin: QORIG.
        evaluator: QEVAL.
    """

    label: str = Field(min_length=1, max_length=40)
    value: Expression
    origin: str = Field(default="CRF", min_length=1, max_length=40)
    evaluator: str = Field(default="", max_length=200)


class TestMapping(Noun):
    """One test of a findings domain: the row that one item makes.

    Attributes:
        testcd: --TESTCD, the CDISC short name.
        test: --TEST; looked up in the controlled terms when left out.
        result: the item that holds the result; its unit becomes --ORRESU, its missing reason --STAT and --REASND.
        variables: variables of this test alone, each an expression; they win over those of the mapping.
        supplemental: supplemental qualifiers of this test's row alone.
    """

    __test__ = False  # pytest: not a test class

    testcd: SdtmVariable
    test: str = Field(default="", max_length=40)
    result: Oid
    variables: dict[SdtmVariable, Expression] = Field(default_factory=dict)
    supplemental: dict[SdtmVariable, SupplementalQualifier] = Field(default_factory=dict)


class DomainMapping(Noun):
    """How the records of a form become rows of one SDTM domain.

    Attributes:
        domain: the SDTM domain.
        when: only records for which this expression is true; all records when left out.
        variables: SDTM variable to expression over the record, for example ``VSDTC: dtc(VSDAT, VSTIM)``.
        tests: for a findings domain laid out wide: one row per test whose item has a value or a missing reason.
            Without tests and results, one row per record.
        results: items whose own name is the short name of their test; each makes a row like those of tests, before
            them.
        supplemental: supplemental qualifiers of every row that the mapping makes.
    """

    domain: Domain
    when: Expression | None = None
    variables: dict[SdtmVariable, Expression] = Field(default_factory=dict)
    tests: tuple[TestMapping, ...] = ()
    results: tuple[SdtmVariable, ...] = ()
    supplemental: dict[SdtmVariable, SupplementalQualifier] = Field(default_factory=dict)

    @property
    def all_tests(self) -> tuple[TestMapping, ...]:
        """Every test: those named after their item first, then those that are written out."""
        return (*(TestMapping(testcd=item, result=item) for item in self.results), *self.tests)
