"""The three protocols say what the dossier's schedules and parameters say, row by row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from protocol_route import compile_route, dossier_row, dossier_source, load_protocol, planned_rows

from trialkit.errors import DefinitionError
from trialkit.model.protocol import Protocol

DossierRows = Callable[[str], list[dict[str, str]]]

ROUTES = ["iv", "nasal", "oral"]
VARIANTS = [("iv", "iv-ptsd"), ("iv", "iv-pain"), ("iv", "iv-anxiety"), ("oral", "po-loz")]
CODES = {"iv": "IV", "nasal": "NS", "oral": "PO", "iv-ptsd": "IV-PTSD", "po-loz": "PO-LOZ"}
"""A protocol, or a variant, and what the dossier calls it in its schedules."""

EPOCHS = {
    "SCREENING",
    "BLINDED TREATMENT",
    "OPEN LABEL TREATMENT",
    "INDUCTION TREATMENT",
    "CONTINUATION TREATMENT",
    "FOLLOW-UP",
}
"""The terms of EPOCH (C99079) that are used."""

NOTES = {
    "first_infusion_24h_recall": "Rated with a recall of 24 hours, at the first infusion only.",
    "past_week": "The version for the past week.",
    "treatment": "How the treatment ended.",
    "induction": "How induction ended.",
    "study": "How the study ended.",
    "responder": "Responders only; the others leave treatment.",
    "weekly": "The weekly check-in.",
    "video_count": "Units are counted on video.",
}
"""What the dossier writes in the same column on forms that are required, or never needed, and the note it became."""

ADDED_TAGS = {
    "P1": {"BL", "FIRST_DOSE", "DOSING_PG", "DOSING_UDS", "BLINDED"},
    **{f"P{number}": {"DOSING_PG", "BLINDED"} for number in range(2, 7)},
    "P7": {"EOT", "BLINDED"},
    **{f"L{number}": {"CLINIC_ONLY"} for number in range(1, 8)},
}
"""Tags that a visit of a variant has beyond those of the dossier."""

ADDED_FORMS = {
    **{f"P{number}": {"SV", "VS", "CM", "AE", "PG"} for number in range(2, 7)},
    "P1": {"SV", "VS", "CM", "AE", "PG", "IE", "RT", "UD"},
    "P7": {"SV", "CM", "DS"},
    "L1": {"PG", "IE"},
    **{f"L{number}": {"PG"} for number in range(2, 7)},
    "L7": {"SV", "DS"},
    "L8": {"SV"},
}
"""Forms without a timepoint that a visit of a variant has beyond those of the dossier."""

BEYOND_SOURCE = {
    "iv": {"bp_hold_sys_old", "bp_hold_dia"},
    "nasal": {"ymrs_max"},
    "oral": {"ymrs_max", "bp_hold_dia"},
}
"""Parameters whose source is sound, but speaks of another number."""

OWN_PARAMETERS = ("ad_titrate_d",)
"""Parameters that a rule needs and the dossier does not have: CM008 would fire for everybody whose drug is raised."""


@pytest.fixture(scope="module")
def protocol(root: Path) -> Callable[[str], Protocol]:
    """Loads a protocol as it stands in its file, each once."""
    loaded = {name: load_protocol(root / "plugins" / f"trialkit_{name}" / "protocol.yaml") for name in ROUTES}
    return loaded.__getitem__


def _schedule(dossier_rows: DossierRows, name: str, code: str) -> list[dict[str, str]]:
    return [row for row in dossier_rows(f"schedule_{name}") if row["route"] == code]


@pytest.mark.parametrize(("name", "count"), [("iv", 347), ("nasal", 960), ("oral", 547)])
def test_schedule_when_expanded_then_it_is_the_dossiers_row_by_row(
    protocol: Callable[[str], Protocol], dossier_rows: DossierRows, name: str, count: int
) -> None:
    planned = Counter(planned_rows(protocol(name).resolved()))
    dossier = Counter(map(dossier_row, _schedule(dossier_rows, name, CODES[name])))
    assert planned - dossier == Counter()
    assert dossier - planned == Counter()
    assert planned.total() == count


@pytest.mark.parametrize(("name", "variant", "count"), [("iv", "iv-ptsd", 41), ("oral", "po-loz", 152)])
def test_variant_when_expanded_then_it_is_the_dossiers_rows_and_the_stated_additions(
    protocol: Callable[[str], Protocol], dossier_rows: DossierRows, name: str, variant: str, count: int
) -> None:
    dossier = Counter(map(dossier_row, _schedule(dossier_rows, name, CODES[variant])))
    visits = {row.visit for row in dossier}
    planned = Counter(
        row._replace(tags=tuple(tag for tag in row.tags if tag not in ADDED_TAGS.get(row.visit, set())))
        for row in planned_rows(protocol(name).resolved(variant))
        if row.visit in visits
    )
    assert dossier - planned == Counter()
    assert dossier.total() == count
    added = {(row.visit, row.form, row.timepoint) for row in planned - dossier}
    grid = [row for row in _schedule(dossier_rows, name, "IV") if row["visit_id"] == "V3" and row["timepoint"]]
    infusions = [f"P{number}" for number in range(1, 7) if "P7" in visits]
    assert added == {
        *((visit, form, "") for visit in visits for form in ADDED_FORMS[visit]),
        *((visit, row["form"], row["timepoint"]) for visit in infusions for row in grid),
    }


@pytest.mark.parametrize("name", ROUTES)
def test_schedule_when_the_dossier_says_more_than_who_then_a_note_says_it(
    protocol: Callable[[str], Protocol], dossier_rows: DossierRows, name: str
) -> None:
    told = {
        (row["visit_id"], row["form"], NOTES[row["condition"]])
        for row in dossier_rows(f"schedule_{name}")
        if row["condition"] and row["required"] != "C"
    }
    given = {
        (visit.visit, entry.form, entry.note)
        for variant in (None, *(found.variant for found in protocol(name).variants))
        for visit in protocol(name).resolved(variant).visits
        for entry in visit.forms
        if entry.note
    }
    assert told <= given
    # DS ends every treatment, also where the dossier's variant does not list it.
    assert {(visit, form) for visit, form, _ in given - told} <= {("P7", "DS"), ("L7", "DS")}


@pytest.mark.parametrize("name", ["iv", "nasal"])
def test_visits_when_their_window_counts_in_hours_then_a_note_says_it(
    protocol: Callable[[str], Protocol], dossier_rows: DossierRows, name: str
) -> None:
    (told,) = {(row["visit_id"], row["note"]) for row in dossier_rows(f"schedule_{name}") if row["note"]}
    assert told == ("V2", "window 20-28 h after T0 of first dose")
    notes = {visit.visit: visit.note for visit in protocol(name).visits if visit.note}
    assert notes == {"V2": "20 to 28 hours after time 0 of the first dose."}


@pytest.mark.parametrize("name", ROUTES)
def test_parameters_when_compared_with_the_dossier_then_value_and_source_agree(
    protocol: Callable[[str], Protocol], dossier_rows: DossierRows, name: str
) -> None:
    given = [
        (parameter, found.value, found.unit, found.label, found.source)
        for parameter, found in protocol(name).parameters.items()
        if parameter not in OWN_PARAMETERS
    ]
    assert given == [
        (row["param"], Decimal(row[name]), row["unit"], row["meaning"], dossier_source(row["source"]))
        for row in dossier_rows("protocol_params")
    ]
    assert len(given) == 95


@pytest.mark.parametrize("name", ROUTES)
def test_parameters_when_nobody_confirmed_them_then_they_say_what_to_confirm(
    protocol: Callable[[str], Protocol], dossier_rows: DossierRows, name: str
) -> None:
    # 0 stands for a number of another route; only CADSS at discharge is really 0.
    unconfirmed = {
        row["param"]
        for row in dossier_rows("protocol_params")
        if re.search("design|memory|brief|convention", row["source"])
        and (Decimal(row[name]) != 0 or row["param"] == "cadss_disch")
    }
    parameters = protocol(name).parameters.items()
    asking = {parameter for parameter, found in parameters if found.to_confirm and parameter not in OWN_PARAMETERS}
    assert asking == unconfirmed | BEYOND_SOURCE[name]


@pytest.mark.parametrize("name", ROUTES)
def test_protocol_when_points_are_open_then_it_names_them(protocol: Callable[[str], Protocol], name: str) -> None:
    found = protocol(name)
    text = " ".join(found.to_confirm)
    for words in ("several trials", "Relapse", "CADSS subscales", "BPIC-SS", "full text", "MADRS item", "CDISC"):
        assert words in text, words
    assert ("windows of titration" in text) == (name == "nasal")
    assert found.source.startswith("Modelled on")
    assert all(variant.to_confirm for variant in found.variants)


@pytest.mark.parametrize("name", ROUTES)
def test_visits_when_sorted_by_number_then_they_are_in_order_of_day(
    protocol: Callable[[str], Protocol], name: str
) -> None:
    for variant in (None, *(found.variant for found in protocol(name).variants)):
        visits = sorted(protocol(name).resolved(variant).visits, key=lambda visit: visit.number)
        assert len({visit.number for visit in visits}) == len(visits)
        days = [visit.day for visit in visits if visit.day is not None]
        assert days == sorted(days)
        assert visits[0].tags == ("SCR",)
        assert [visit.visit for visit in visits[-2:]] == ["ET", "UNS"]
        assert [visit.visit for visit in visits if visit.repeating] == ["UNS"]
        assert len([visit for visit in visits if "FIRST_DOSE" in visit.tags]) == 1


@pytest.mark.parametrize("name", ROUTES)
def test_visits_when_planned_then_their_epoch_is_a_controlled_term(
    protocol: Callable[[str], Protocol], name: str
) -> None:
    for variant in (None, *(found.variant for found in protocol(name).variants)):
        for visit in protocol(name).resolved(variant).visits:
            assert (visit.epoch in EPOCHS) != (visit.visit in ("ET", "UNS")), visit.visit


@pytest.mark.parametrize("name", ROUTES)
def test_sets_and_conditions_when_defined_then_a_visit_uses_them(
    protocol: Callable[[str], Protocol], name: str
) -> None:
    found = protocol(name)
    visits = [*found.visits, *(visit for variant in found.variants for visit in variant.visits)]
    entries = [entry for visit in visits for entry in found.with_sets(visit).forms]
    assert {name for visit in visits for name in visit.sets} == set(found.sets)
    assert {entry.condition for entry in entries if entry.condition} == set(found.conditions)
    assert not [entry for entry in entries if entry.condition and entry.required]


@pytest.mark.parametrize(
    ("name", "route", "own"),
    [("iv", "INTRAVENOUS", []), ("nasal", "NASAL", ["DC"]), ("oral", "ORAL", ["DA", "EP"])],
)
def test_protocol_when_loaded_then_it_has_its_route_and_logs(
    protocol: Callable[[str], Protocol], name: str, route: str, own: list[str]
) -> None:
    assert protocol(name).route == route
    assert list(protocol(name).log_forms) == ["AE", "CM", "RM", "DV", "UB", "MH", "IC", "RG", "RD", *own]


@pytest.mark.parametrize("name", ROUTES)
def test_study_when_it_follows_the_protocol_then_it_opens_with_every_form(root: Path, name: str) -> None:
    study = compile_route(root, name)
    scheduled = {entry.form for visit in study.protocol.visits for entry in visit.forms}
    assert set(study.forms) == scheduled | set(study.protocol.log_forms)
    assert not [visit.visit for visit in study.protocol.visits if visit.sets]


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_study_when_it_follows_a_variant_then_it_opens_and_says_what_to_confirm(
    root: Path, protocol: Callable[[str], Protocol], name: str, variant: str
) -> None:
    study = compile_route(root, name, variant)
    overlay = protocol(name).variant(variant)
    assert overlay is not None
    assert study.protocol.to_confirm == (*protocol(name).to_confirm, *overlay.to_confirm)
    assert {parameter: study.parameter(parameter) for parameter in overlay.parameters} == overlay.parameters


def test_variants_when_listed_then_each_is_tried(protocol: Callable[[str], Protocol]) -> None:
    assert [(name, found.variant) for name in ROUTES for found in protocol(name).variants] == VARIANTS


@pytest.mark.parametrize(
    ("variant", "forms"),
    [("iv-ptsd", {"PCL5", "CAPS5"}), ("iv-pain", {"BPISF"}), ("iv-anxiety", {"HAMA"})],
)
def test_variant_when_its_condition_holds_for_everybody_then_its_forms_are_required(
    protocol: Callable[[str], Protocol], variant: str, forms: set[str]
) -> None:
    before = {(row.visit, row.form) for row in planned_rows(protocol("iv").resolved()) if row.required}
    changed = protocol("iv").resolved(variant)
    visits = {visit.visit for visit in protocol("iv").visits}
    after = {(row.visit, row.form) for row in planned_rows(changed) if row.required and row.visit in visits}
    assert {form for _, form in after - before} == forms
    assert {form for visit, form in after - before if visit == "V0"} == forms


def test_ptsd_when_planned_then_no_infusion_goes_without_its_grid(protocol: Callable[[str], Protocol]) -> None:
    watched = {
        visit.visit: {entry.form for entry in visit.forms if "T+40" in entry.timepoints}
        for visit in protocol("iv").resolved("iv-ptsd").visits
        if "DOSING" in visit.tags
    }
    assert watched == {f"P{number}": {"TM", "CADSS", "BPRSP", "MOAAS"} for number in range(1, 7)}


def test_nasal_when_planned_then_nothing_is_given_at_home(protocol: Callable[[str], Protocol]) -> None:
    visits = protocol("nasal").visits
    assert not [visit.visit for visit in visits if "HOME" in " ".join((*visit.modes, *visit.tags))]
    assert {visit.modes for visit in visits if "DOSING" in visit.tags} == {("CLINIC",)}


HOME_DOSE = """
    label: Dose at home
    number: 3.5
    day: 5
    modes: [HOME]
    tags: [DOSING]
    forms: [{form: SV}]
"""


@pytest.mark.parametrize(
    ("place", "given"),
    [
        ("  - visit: V4\n", f"  - visit: HD01{HOME_DOSE}\n  - visit: V4\n"),
        ("modes: [CLINIC]\n    tags: [DOSING, MAIN", "modes: [CLINIC, HOME]\n    tags: [DOSING, MAIN"),
        ("    modes: [CLINIC]\n    tags: [DOSING, OPTIMISATION", "    tags: [DOSING, OPTIMISATION"),
        (
            "\nparameters:\n",
            "\nvariants:\n  - variant: at-home\n    title: At home\n    visits:\n      - visit: HD01"
            + HOME_DOSE.replace("    ", "        ")
            + "\nparameters:\n",
        ),
    ],
    ids=["a visit more", "a way more", "no way at all", "a variant"],
)
def test_nasal_when_a_study_doses_at_home_then_it_is_refused_with_the_reason(
    root: Path, tmp_path: Path, protocol: Callable[[str], Protocol], place: str, given: str
) -> None:
    text = (root / "plugins" / "trialkit_nasal" / "protocol.yaml").read_text(encoding="utf-8")
    assert place in text
    own = tmp_path / "protocol.yaml"
    own.write_text(text.replace("protocol: nasal\n", "protocol: own\n").replace(place, given), encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        compile_route(root, "nasal", own=own)
    (restriction,) = protocol("nasal").restrictions
    assert {problem.code for problem in refused.value.problems} == {"D136"}
    assert all(restriction.reason in problem.remedy for problem in refused.value.problems)
    assert "REMS" in restriction.source


def test_oral_when_planned_then_all_home_doses_are_there(protocol: Callable[[str], Protocol]) -> None:
    homes = [visit for visit in protocol("oral").resolved().visits if "HOME" in visit.tags]
    assert [visit.visit for visit in homes] == [
        *(f"H{day:02d}" for day in range(2, 6)),
        *(f"HD{dose:02d}" for dose in range(1, 24)),
    ]
    assert {point for visit in homes for entry in visit.forms for point in entry.timepoints} == {
        "HOME-PRE",
        "T0",
        "HOME-T+60",
        "HOME-T+120",
        "NEXTAM",
    }


def test_oral_when_a_dose_is_taken_in_the_clinic_then_no_timepoint_of_home_is_used(
    protocol: Callable[[str], Protocol],
) -> None:
    for variant in (None, "po-loz"):
        for visit in protocol("oral").resolved(variant).visits:
            points = {point for entry in visit.forms for point in entry.timepoints}
            assert "HOME" in visit.tags or points <= {"PRE", "T+30", "T+60", "T+120", "T+240"}
