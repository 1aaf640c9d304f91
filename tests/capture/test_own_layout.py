"""Files in the house's own layout need no mapping."""

from __future__ import annotations

from dataclasses import replace

import pytest
from capture_sample import SUBJECTS, make_source, make_study, texts

from trialkit.capture import map_source, own_layout_mappings
from trialkit.errors import SourceFileError
from trialkit.model.codelist import CodeList, Term
from trialkit.model.item import MissingReason
from trialkit.model.source import SourceFile, SourceSheet

_HEAD = (
    "STUDYID|SITEID|SUBJECT|VISIT|VISITREP|TIMEPOINT|REPEAT|RECVERSION"
    "|SYSBP|SYSBP_U|SYSBP_M|POS|POS_L|POS_M|MAP|MAP_U|MAP_M"
)


def test_sheet_when_it_is_laid_out_as_a_raw_export_then_every_entered_column_is_read() -> None:
    source = make_source(
        _HEAD,
        "S1|012|012-0007|V1|1|P40|1|2|120|mmHg||SUPINE|Supine||120|mmHg|",
        "S1|012|012-0008|UNS|2||1|1|||ND|SITTING|||||",
    )

    (mapping,) = own_layout_mappings(source, make_study())
    captured = map_source(source, mapping, make_study(), SUBJECTS)

    assert captured.findings == ()
    assert captured.notes == ()
    assert texts(captured) == {
        "012-0007 V1 VS @P40": {"SYSBP": "120", "POS": "SUPINE"},
        "012-0008 UNS.2 VS": {"SYSBP": "ND", "POS": "SITTING"},
    }
    assert captured.submissions[0].values["SYSBP"].unit == "mmHg"
    assert captured.submissions[1].values["SYSBP"].missing is MissingReason.NOT_DONE


def test_csv_when_it_is_named_after_a_form_then_it_is_mapped() -> None:
    source = replace(make_source("SUBJECT|TERM|MHTERM", "012-0007||asthma", sheet=""), name="mh.csv")

    (mapping,) = own_layout_mappings(source, make_study())

    assert texts(map_source(source, mapping, make_study(), SUBJECTS)) == {"012-0007 SCR MH": {"MHTERM": "asthma"}}


def test_workbook_when_it_has_several_forms_then_each_gets_a_mapping_and_other_sheets_none() -> None:
    mh = make_source("SUBJECT|MHTERM", sheet="mh").sheets[0]
    hidden = replace(make_source("SUBJECT|AETERM", sheet="AE").sheets[0], visible=False)
    about = make_source("Please fill in", sheet="About").sheets[0]

    mappings = own_layout_mappings(make_source("SUBJECT|VISIT|SYSBP", extra=(mh, hidden, about)), make_study())

    assert [(mapping.mapping, mapping.sheet) for mapping in mappings] == [("own-VS", "VS"), ("own-MH", "mh")]


@pytest.mark.parametrize(
    "source",
    [
        make_source("ID|VISIT|SBP"),
        make_source("SUBJECT|VISIT|SBP"),
        make_source("SUBJECT|SYSBP", sheet="Vitals"),
        make_source("", "SUBJECT|SYSBP"),
    ],
)
def test_file_when_no_sheet_is_laid_out_so_then_a_mapping_is_asked_for(source: SourceFile) -> None:
    with pytest.raises(SourceFileError, match="--map") as caught:
        own_layout_mappings(source, make_study())

    assert caught.value.code == "S154"


def test_sheet_when_it_is_written_as_drop_downs_show_it_then_codes_and_reasons_are_meant() -> None:
    positions = CodeList(codelist="POS", terms=(Term(code="1", label="Sitting"), Term(code="2", label="Supine")))
    study = replace(make_study(), codelists={"POS": positions})
    head = "SUBJECT|VISIT|TIMEPOINT|POS|SYSBP"
    source = make_source(head, "012-0007|V1|P40|2 = Supine|.ND = not done", "012-0008|V1|P40|.UNK = unknown|120")

    (mapping,) = own_layout_mappings(source, study)
    one, two = (found.values for found in map_source(source, mapping, study, SUBJECTS).submissions)

    assert (one["POS"].text, one["POS"].given, one["SYSBP"].missing) == ("2", "2 = Supine", MissingReason.NOT_DONE)
    assert (two["POS"].missing, two["SYSBP"].text) == (MissingReason.UNKNOWN, "120")


def test_sheet_when_its_headers_stand_below_others_then_the_row_is_said() -> None:
    source = make_source("Subject|What?", "SUBJECT|MHTERM", "012-0007|asthma", sheet="MH")

    (mapping,) = own_layout_mappings(replace(source, sheets=(_below(source),)), make_study(), {"MH": 2})

    assert mapping.header_row == 2
    assert texts(map_source(source, mapping, make_study(), SUBJECTS)) == {"012-0007 SCR MH": {"MHTERM": "asthma"}}


def _below(source: SourceFile) -> SourceSheet:
    (sheet,) = source.sheets
    return replace(sheet, rows=sheet.rows[1:])
