"""What drop-downs show: words for people, each of which names exactly one code."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.model.choice import code_choices, reason_choices
from trialkit.model.codelist import CodeList, Term
from trialkit.model.item import Item, MissingReason


def _list(*terms: Term) -> CodeList:
    return CodeList(codelist="L", terms=terms)


@pytest.mark.parametrize(
    ("terms", "shown"),
    [
        ((Term(code="Y", label="Yes"), Term(code="N", label="No")), ["Yes", "No"]),
        ((Term(code="0", label="Not at all"), Term(code="1", label="1")), ["0 = Not at all", "1"]),
        ((Term(code="A", label="Same"), Term(code="B", label="same")), ["A = Same", "B = same"]),
        ((Term(code="A", label="B"), Term(code="B", label="Bee")), ["A = B", "Bee"]),
        ((Term(code="A", label="B"), Term(code="B", label="B")), ["A = B", "B = B"]),
        ((Term(code="A", synonyms=("Other",)), Term(code="B", label="other")), ["A", "B = other"]),
    ],
)
def test_codes_when_shown_then_labels_stand_alone_only_where_they_are_certain(
    terms: tuple[Term, ...], shown: list[str]
) -> None:
    choices = code_choices(_list(*terms))
    assert list(choices) == shown
    assert list(choices.values()) == [term.code for term in terms]


_WORDS = st.text("aAbB1=….", min_size=1, max_size=4) | st.sampled_from(("a" * 90, "a" * 91, "b = a"))


@settings(max_examples=60)
@given(st.lists(st.builds(Term, code=_WORDS, label=_WORDS), min_size=1, max_size=8, unique_by=lambda term: term.code))
def test_codes_when_shown_then_every_text_names_one_code_and_every_code_has_one(terms: list[Term]) -> None:
    choices = code_choices(_list(*terms))
    assert list(choices.values()) == [term.code for term in terms]
    assert all(len(text) <= 100 for text in choices)
    for text, code in choices.items():
        alike = {term.code for term in terms if text in (term.code, term.label)}
        assert alike <= {code}, f"{text!r} could be typed for another code"


def test_reasons_when_shown_then_only_those_that_the_item_accepts() -> None:
    item = Item(item="A", label="A", type="text", missing=(MissingReason.NOT_DONE, MissingReason.REFUSED))
    assert list(reason_choices(item)) == [".ND = not done", ".REF = refused by the subject"]
