"""Findings of a whole file are sorted as those of one record are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trialkit.model.check import Severity
from trialkit.model.finding import Finding, sort_findings
from trialkit.model.record import CellReference, RecordKey

_ADDRESSES = st.sampled_from(["A1", "A9", "A10", "B1", "Z9", "AA9", "AAA1", "XFD1048576", "A", "9", ""])
_CELLS = st.builds(CellReference, st.sampled_from(["a.csv", "b.csv"]), st.sampled_from(["", "VS"]), _ADDRESSES)
_KEYS = st.builds(
    RecordKey,
    st.just("012"),
    st.sampled_from(["012-1", "012-10", "012-2"]),
    st.just("V1"),
    st.integers(1, 12),
    st.just("VS"),
)
_FINDINGS = st.builds(
    Finding,
    st.sampled_from(["V201", "VS001"]),
    st.sampled_from(Severity),
    st.just("wrong"),
    key=st.none() | _KEYS,
    item=st.sampled_from(["", "SYSBP", "DIABP"]),
    source=st.none() | _CELLS,
)


@given(st.lists(_FINDINGS, max_size=30))
def test_findings_when_a_whole_file_is_sorted_then_as_by_the_whole_key(findings: list[Finding]) -> None:
    assert sort_findings(findings) == sorted(findings, key=lambda finding: finding.sort_key)
