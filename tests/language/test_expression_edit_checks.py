"""Real edit checks on one record, said in the language: they all compile, and many are worked by hand.

The rules are from the project's own catalogue of edit checks for ketamine trials, those that read one record only:
`==` became `=`, `!=` became `<>`, `missing(x)` became `x is missing`, and `dt()` became `dtc()`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from language_sample import clock, day

from trialkit.language import BUILTIN_FUNCTIONS, Compiled, Row, Scope, ScopedItem, compile_expression
from trialkit.model.kind import Kind, Typed

RULES: dict[str, tuple[str, str]] = {
    "DM001": ("DM", "BRTHDAT is missing and AGE is missing"),
    "DM003": ("DM", "AGE < P.age_min or AGE > P.age_max"),
    "DM004": ("DM", 'SEX = "M" and CHILDPOT = "Y"'),
    "DM005": ("DM", 'SEX = "F" and CHILDPOT is missing'),
    "IC005": ("IC", "ICDAT > today()"),
    "IC006": ("IC", 'ICMODE <> "IN PERSON" and ICIDV <> "Y"'),
    "IC007": ("IC", "ICINVDAT <> ICDAT"),
    "AT001": ("AT", "ATENDAT < ATSTDAT"),
    "AT002": ("AT", "ATDURWK > days(ATSTDAT, ATENDAT) / 7 + 1"),
    "AT003": ("AT", 'ATADEQ = "Y" and (ATMINDOS <> "Y" or ATDURWK < P.ad_min_weeks)'),
    "AT004": ("AT", 'ATIMPR in ("50-74", ">=75") and ATSTOP = "LACK OF EFFICACY"'),
    "MH002": ("MH", 'MHONGO = "Y" and MHENDAT is present'),
    "PH003": ("PH", 'PHDX = "PTSD" and PHTRAUMA is missing'),
    "VS001": ("VS", "SYSBP < 60 or SYSBP > 260 or DIABP < 30 or DIABP > 160"),
    "VS002": ("VS", "VS.SYSBP <= VS.DIABP"),
    "VS003": ("VS", "SYSBP - DIABP < 20 or SYSBP - DIABP > 100"),
    "VS004": ("VS", "PULSE < 45 or PULSE > 120"),
    "VS007": (
        "VS",
        '(TEMPU = "C" and (TEMP < 30 or TEMP > 43)) or (TEMPU = "F" and (TEMP < 86 or TEMP > 110))',
    ),
    "VS012": ("VS", "abs(BMI - WTKG / power(HTCM / 100, 2)) > 0.2"),
    "EG001": ("EG", "abs(QTCF - QT / power(60 / EGHR, 1 / 3)) > 10"),
    "EG002": ("EG", "QRS >= QT"),
    "EG003": ("EG", "QTCF > P.qtcf_alert"),
    "LB002": ("LB", "LBNUM > LBORNRHI * 20 or (LBNUM > 0 and LBNUM < LBORNRLO / 20)"),
    "LB003": ("LB", 'LBTESTCD = "BILI" and LBORRESU = "mg/dL" and LBNUM > 171'),
    "LB004": ("LB", 'LBTESTCD in ("ALT", "AST") and LBXULN >= P.lft_alert'),
    "LB006": ("LB", "LBXULN > 1 and LBCLSIG is missing"),
    "UD001": ("UD", 'tag("DOSING_UDS") and UDPERF <> "Y"'),
    "UD002": (
        "UD",
        'UDRES = "POSITIVE" and UDTESTCD in ("COCAINE", "AMPHET", "METHAMPH", "PCP", "MDMA", "OPIATE") '
        'and UDEXPL <> "Y"',
    ),
    "CM003": ("CM", "CMDOSE is present and CMDOSU is missing"),
    "PD003": ("PD", "(PDSBP1 >= P.bp_recheck_sys or PDDBP1 >= P.bp_recheck_dia) and PDNBP < 2"),
    "PD004": ("PD", 'PDDEC = "GO" and (PDSBPL >= P.bp_hold_sys or PDDBPL >= P.bp_hold_dia)'),
    "PD006": ("PD", 'PDDEC = "GO" and (PDSPO2 < P.spo2_pre or PDPULSE > P.hr_max_pre)'),
    "PD009": ("PD", 'PDDEC = "GO" and PDESCORT <> "Y"'),
    "PD016": ("PD", '(PDALC24 = "Y" or PDCAN24 = "Y") and PDDEC = "GO" and PDREAS is missing'),
    "PD018": ("PD", 'PDMOAAS < 5 and PDDEC = "GO"'),
    "IV001": ("EXIV", "abs(EXDOSE - EXCALC) > max(P.iv_tol_mg, EXCALC * P.iv_tol_pct / 100)"),
    "IV002": ("EXIV", "EXDOSE > P.iv_cap_mg"),
    "IV004": ("EXIV", "days(WTDAT, EXDAT) > P.wt_valid_days"),
    "IV005": ("EXIV", "abs(VOLDRUG * CONC - EXDOSE) > max(0.5, EXDOSE * 0.02)"),
    "IV006": ("EXIV", "CONC not in (1, 5, 10, 50, 100)"),
    "IV007": ("EXIV", "abs(EXRATE * P.iv_dur / 60 - VOLTOT) > VOLTOT * 0.05"),
    "IV008": ("EXIV", "abs(EXDURMIN - EXINTMIN - P.iv_dur) > P.iv_dur_tol"),
    "IV009": ("EXIV", "minutes(dtc(EXDAT, EXSTTIM), dtc(EXDAT, EXENTIM)) <= 0"),
    "IV010": ("EXIV", 'EXINTRP = "Y" and (EXINTMIN is missing or EXINTRS is missing)'),
    "IV012": ("EXIV", "EXACTMG < EXCALC * 0.9 and EXINTRS is missing"),
    "IV013": ("EXIV", "EXPDAT < EXDAT"),
    "IV014": ("EXIV", "PREPBY = CHKBY"),
    "NS001": ("EXNS", "EXDOSE <> NDEV * P.ns_unit"),
    "NS002": ("EXNS", "EXDOSE not in (28, 56, 84)"),
    "NS014": ("EXNS", "minutes(dtc(EXDAT, EXSTTIM), dtc(EXDAT, TXENDTIM)) < P.min_monitor"),
    "NS016": (
        "RE",
        "days(EXDAT, RESUBDAT) > P.rems_days or (RESUBDAT is missing and days(EXDAT, today()) > P.rems_days)",
    ),
    "PO001": ("EXPO", "EXDOSE <> NUNITS * STREN"),
    "PO003": ("EXPO", 'EXDOSFRM = "TABLET, EXTENDED RELEASE" and NUNITS <> floor(NUNITS)'),
    "PO004": (
        "EXPO",
        "DOSEMGKG is present and (DOSEMGKG < P.po_mgkg_min - 0.05 or DOSEMGKG > P.po_mgkg_max + 0.05)",
    ),
    "PO008": ("EXPO", 'VOMIT = "Y" and VOMITMIN <= P.vomit_min and REDOSE = "Y"'),
    "PO014": ("DA", "RETAMT + LOSTAMT > DISPAMT"),
    "TM002": ("TM", 'TMPERF = "N" and TMREASND is missing'),
    "TM008": ("TM", "MOAAS <= P.moaas_alert and MOAAS > P.moaas_red"),
    "TM011": ("TM", "PULSE > P.hr_hi or PULSE < P.hr_lo"),
    "DR003": (
        "DR",
        'DRREADY = "Y" and (DRMOAAS < 5 or DRORIENT <> "Y" or DRGAIT <> "Y" or DRNAUS <> "Y")',
    ),
    "RC003": ("RC", 'RCREACH = "N" and RCPHASE in ("T+60", "T+120")'),
    "HB001": ("HB", "abs(minutes(HBDTM, HBRCV)) > 1440 or HBDTM > HBRCV"),
    "DI001": ("DI", "hours(DIDOSDTM, DISRV) > P.ediary_lag_h"),
    "SC002": ("BPRSP", "abs(TOTAL - sum(ITEM01, ITEM02, ITEM03, ITEM04)) > 0"),
    "SC006": ("BPRSP", "count_missing(ITEM01, ITEM02, ITEM03, ITEM04) > 2 and TOTAL is present"),
    "SC004": (
        "BPRSP",
        "count_missing(ITEM01, ITEM02, ITEM03, ITEM04) = 1 and "
        "TOTAL <> round(mean(ITEM01, ITEM02, ITEM03, ITEM04) * 4, 0)",
    ),
    "SC025": (
        "BPRSP",
        'BASE = "0-6" and max(ITEM01, ITEM02, ITEM03, ITEM04) > 6 '
        'or BASE = "1-7" and min(ITEM01, ITEM02, ITEM03, ITEM04) < 1',
    ),
    "SC015": ("CSSRSS", '(ATTEMPT = "Y" and NATT < 1) or (ATTEMPT = "N" and NATT > 0)'),
    "SC016": ("CSSRSS", 'Q1 = "N" and Q2 = "N" and (Q3 = "Y" or Q4 = "Y" or Q5 = "Y")'),
    "SC020": ("CSSRSB", 'QSPERF = "Y" and not tag("SCR")'),
    "AE001": ("AE", "AEENDAT < AESTDAT"),
    "AE003": (
        "AE",
        '(AESER = "Y") <> (AESDTH = "Y" or AESLIFE = "Y" or AESHOSP = "Y" or AESDISAB = "Y" or AESCONG = "Y" '
        'or AESMIE = "Y")',
    ),
    "AE004": ("AE", '(AEOUT = "FATAL") <> (AESDTH = "Y")'),
    "AE005": (
        "AE",
        'AEOUT in ("RECOVERED/RESOLVED", "RECOVERED/RESOLVED WITH SEQUELAE", "FATAL") and AEENDAT is missing',
    ),
    "SV003": ("SV", 'SVOCCUR = "N" and SVREASND is missing'),
    "SV006": ("SV", 'SVMODE <> "IN PERSON" and tag("CLINIC_ONLY")'),
    "DS004": ("DS", 'DSDECOD = "LOST TO FOLLOW-UP" and DSNATT < P.contact_att'),
    "DV001": ("DV", 'DVIMP = "MAJOR" and DVIRBDAT is missing and days(DVSTDAT, today()) > 30'),
    "DC002": ("DC", 'DCSTAT = "DESTROYED" and (DCWIT is missing or DCWIT = DCBY)'),
    "DT001": (
        "DT",
        'DTDIR = "INCREASE" and DTNEXT <= DTPREV or DTDIR = "DECREASE" and DTNEXT >= DTPREV '
        'or DTDIR = "MAINTAIN" and DTNEXT <> DTPREV',
    ),
}

DATES = "BRTHDAT ICDAT ICINVDAT ATENDAT ATSTDAT MHENDAT PHTRAUMA WTDAT EXDAT EXPDAT RESUBDAT HBDTM HBRCV DIDOSDTM DISRV"
DATES += " AEENDAT AESTDAT DVIRBDAT DVSTDAT"
TIMES = "EXSTTIM EXENTIM TXENDTIM"
NUMBERS = "AGE ATDURWK SYSBP DIABP PULSE TEMP BMI WTKG HTCM QTCF QT QRS EGHR LBNUM LBORNRHI LBORNRLO LBXULN CMDOSE"
NUMBERS += " PDSBP1 PDDBP1 PDNBP PDSBPL PDDBPL PDSPO2 PDPULSE PDMOAAS EXDOSE EXCALC VOLDRUG CONC EXRATE VOLTOT EXDURMIN"
NUMBERS += " EXINTMIN EXACTMG NDEV NUNITS STREN DOSEMGKG VOMITMIN RETAMT LOSTAMT DISPAMT MOAAS DRMOAAS TOTAL ITEM01"
NUMBERS += " ITEM02 ITEM03 ITEM04 NATT DSNATT DTNEXT DTPREV"
TEXTS = "ICMODE ATIMPR ATSTOP PHDX TEMPU LBTESTCD LBORRESU LBCLSIG UDRES UDTESTCD CMDOSU PDDEC PDREAS EXINTRS PREPBY"
TEXTS += " CHKBY EXDOSFRM TMREASND RCPHASE BASE AEOUT SVREASND SVMODE DSDECOD DVIMP DCSTAT DCWIT DCBY DTDIR"
YES_NO = "CHILDPOT ICIDV ATADEQ ATMINDOS MHONGO UDPERF UDEXPL PDESCORT PDALC24 PDCAN24 EXINTRP VOMIT REDOSE TMPERF"
YES_NO += " DRREADY DRORIENT DRGAIT DRNAUS RCREACH ATTEMPT Q1 Q2 Q3 Q4 Q5 QSPERF AESER AESDTH AESLIFE AESHOSP AESDISAB"
YES_NO += " AESCONG AESMIE SVOCCUR"

ITEMS: dict[str, ScopedItem] = {
    **{name: ScopedItem(Kind.DATE) for name in DATES.split()},
    **{name: ScopedItem(Kind.TIME) for name in TIMES.split()},
    **{name: ScopedItem(Kind.NUMBER) for name in NUMBERS.split()},
    **{name: ScopedItem(Kind.TEXT) for name in TEXTS.split()},
    **{name: ScopedItem(Kind.TEXT, ("Y", "N")) for name in YES_NO.split()},
    "SEX": ScopedItem(Kind.TEXT, ("F", "M")),
}

PARAMETERS = "age_min=18 age_max=65 ad_min_weeks=6 qtcf_alert=500 lft_alert=3 bp_recheck_sys=140 bp_recheck_dia=90"
PARAMETERS += (
    " bp_hold_sys=160 bp_hold_dia=100 spo2_pre=95 hr_max_pre=120 iv_tol_mg=1 iv_tol_pct=5 iv_cap_mg=60 iv_dur=40"
)
PARAMETERS += " wt_valid_days=7 iv_dur_tol=5 ns_unit=28 min_monitor=120 rems_days=7 po_mgkg_min=0.5 po_mgkg_max=3"
PARAMETERS += " vomit_min=30 moaas_alert=3 moaas_red=1 hr_hi=130 hr_lo=45 ediary_lag_h=24 contact_att=3"


def _compiled(rule: str) -> Compiled:
    form, text = RULES[rule]
    scope = Scope(
        form=form,
        items=ITEMS,
        parameters={name: Decimal(value) for name, value in (pair.split("=") for pair in PARAMETERS.split())},
        functions={function.name: function for function in BUILTIN_FUNCTIONS},
        visits=frozenset({"V1"}),
        tags=frozenset({"SCR", "DOSING_UDS", "CLINIC_ONLY"}),
        timepoints=frozenset(),
    )
    return compile_expression(text, scope, Kind.BOOLEAN)


def _typed(item: str, text: str) -> Typed:
    match ITEMS[item].kind:
        case Kind.NUMBER:
            return Decimal(text)
        case Kind.DATE:
            return day(text)
        case Kind.TIME:
            return clock(text)
    return text


def _outcome(rule: str, given: str) -> Typed:
    """Evaluate a rule on `ITEM=value; ITEM=value; #TAG`, on 15 June 2024."""
    parts = [part.strip() for part in given.split(";") if part.strip()]
    tags = frozenset(part[1:] for part in parts if part.startswith("#"))
    pairs = [part.split("=", 1) for part in parts if not part.startswith("#")]
    values = {item: _typed(item, text) for item, text in pairs}
    return _compiled(rule).evaluate(Row(values, {}, {}, "V1", tags, "", date(2024, 6, 15)))


@pytest.mark.parametrize("rule", RULES)
def test_edit_check_when_written_in_the_language_then_compiles_and_is_quiet_without_data(rule: str) -> None:
    compiled = _compiled(rule)
    assert compiled.kind == Kind.BOOLEAN
    assert compiled.items
    empty = compiled.evaluate(Row({}, {}, {}, "V1", frozenset(), "", date(2024, 6, 15)))
    assert empty is (True if rule == "DM001" else False if rule in QUIET_WITHOUT_DATA else None)


QUIET_WITHOUT_DATA = frozenset({"MH002", "UD001", "CM003", "PO004", "SV006", "SC004", "SC006"})
"""Rules that are false on an empty record, since a part of them that is never unknown is false."""


@pytest.mark.parametrize(
    ("rule", "given", "expected"),
    [
        # age 17 < 18; 65 is not above 65; no age is unknown
        ("DM003", "AGE=17", True),
        ("DM003", "AGE=65", False),
        ("DM003", "", None),
        # a false part decides, even beside a missing one
        ("DM004", "SEX=M; CHILDPOT=Y", True),
        ("DM004", "SEX=F", False),
        ("DM004", "SEX=M", None),
        # tomorrow; today; some day this month
        ("IC005", "ICDAT=2024-06-16", True),
        ("IC005", "ICDAT=2024-06-15", False),
        ("IC005", "ICDAT=2024-06", None),
        # 2024-01-01 to 2024-02-12 is 42 days, 6 weeks, and 1: 7
        ("AT002", "ATSTDAT=2024-01-01; ATENDAT=2024-02-12; ATDURWK=8", True),
        ("AT002", "ATSTDAT=2024-01-01; ATENDAT=2024-02-12; ATDURWK=7", False),
        ("AT002", "ATSTDAT=2024-01; ATENDAT=2024-02-12; ATDURWK=8", None),
        # ended May, began 1 June: earlier at the precision both share; both in May: can not tell
        ("AE001", "AESTDAT=2024-06-01; AEENDAT=2024-05", True),
        ("AE001", "AESTDAT=2024-05-01; AEENDAT=2024-05-01", False),
        ("AE001", "AESTDAT=2024-05-20; AEENDAT=2024-05", None),
        # pulse pressure 15; 40; unknown
        ("VS003", "SYSBP=100; DIABP=85", True),
        ("VS003", "SYSBP=120; DIABP=80", False),
        ("VS003", "SYSBP=120", None),
        # 37 is no temperature in F; 98.6 is
        ("VS007", "TEMP=37; TEMPU=F", True),
        ("VS007", "TEMP=98.6; TEMPU=F", False),
        ("VS007", "TEMP=98.6", None),
        # 70 / 1.75² = 22.857: 23.1 is off by 0.243, 22.9 by 0.043; a height of 0 gives no BMI
        ("VS012", "BMI=23.1; WTKG=70; HTCM=175", True),
        ("VS012", "BMI=22.9; WTKG=70; HTCM=175", False),
        ("VS012", "BMI=22.9; WTKG=70; HTCM=0", None),
        # at 60 beats QTcF = QT; at 90 beats 400 / (2/3)^(1/3) = 457.9
        ("EG001", "QTCF=411; QT=400; EGHR=60", True),
        ("EG001", "QTCF=458; QT=400; EGHR=90", False),
        ("EG001", "QTCF=458; QT=400", None),
        # above 20 x 40; inside; below 10/20 but not 0; no upper limit and not low
        ("LB002", "LBNUM=801; LBORNRLO=10; LBORNRHI=40", True),
        ("LB002", "LBNUM=0.4; LBORNRLO=10", True),
        ("LB002", "LBNUM=25; LBORNRLO=10; LBORNRHI=40", False),
        ("LB002", "LBNUM=25; LBORNRLO=10", None),
        # 160 is at the hold limit; 159/99 is below it; no diastolic, systolic below
        ("PD004", "PDDEC=GO; PDSBPL=160", True),
        ("PD004", "PDDEC=GO; PDSBPL=159; PDDBPL=99", False),
        ("PD004", "PDDEC=NO-GO; PDSBPL=190", False),
        ("PD004", "PDDEC=GO; PDSBPL=159", None),
        # tolerance is the larger of 1 mg and 5 % of 40 = 2 mg
        ("IV001", "EXDOSE=42.1; EXCALC=40", True),
        ("IV001", "EXDOSE=42.0; EXCALC=40.00", False),
        ("IV001", "EXDOSE=42.1", None),
        ("IV006", "CONC=20", True),
        ("IV006", "CONC=10.0", False),
        ("IV006", "", None),
        # 60 mL/h for 40 min is 40 mL; 5 % of 38 is 1.9, of 39 is 1.95
        ("IV007", "EXRATE=60; VOLTOT=38", True),
        ("IV007", "EXRATE=60; VOLTOT=39", False),
        ("IV007", "EXRATE=60", None),
        # ends after midnight, dated the same day
        ("IV009", "EXDAT=2024-05-17; EXSTTIM=23:50; EXENTIM=00:30", True),
        ("IV009", "EXDAT=2024-05-17; EXSTTIM=09:00; EXENTIM=09:40", False),
        ("IV009", "EXDAT=2024-05-17; EXSTTIM=09:00", None),
        ("NS001", "EXDOSE=56; NDEV=3", True),
        ("NS001", "EXDOSE=84; NDEV=3", False),
        ("NS001", "NDEV=3", None),
        # submitted after 8 days; after 7; not submitted, 8 and 5 days ago; unknown day of dosing
        ("NS016", "EXDAT=2024-06-01; RESUBDAT=2024-06-09", True),
        ("NS016", "EXDAT=2024-06-01; RESUBDAT=2024-06-08", False),
        ("NS016", "EXDAT=2024-06-07", True),
        ("NS016", "EXDAT=2024-06", None),
        ("PO003", "EXDOSFRM=TABLET, EXTENDED RELEASE; NUNITS=1.5", True),
        ("PO003", "EXDOSFRM=TABLET, EXTENDED RELEASE; NUNITS=2.0", False),
        ("PO003", "EXDOSFRM=TABLET, EXTENDED RELEASE", None),
        # 1441 minutes late; 60; clock ahead of the server; no time of receipt
        ("HB001", "HBDTM=2024-06-01T08:00; HBRCV=2024-06-02T08:01", True),
        ("HB001", "HBDTM=2024-06-01T08:00; HBRCV=2024-06-01T09:00", False),
        ("HB001", "HBDTM=2024-06-01T08:00; HBRCV=2024-06-01T07:59", True),
        ("HB001", "HBDTM=2024-06-01T08:00", None),
        # 1 + 2 + 3 + 4 = 10
        ("SC002", "ITEM01=1; ITEM02=2; ITEM03=3; ITEM04=4; TOTAL=11", True),
        ("SC002", "ITEM01=1; ITEM02=2; ITEM03=3; ITEM04=4; TOTAL=10", False),
        ("SC002", "ITEM01=1; ITEM02=2; ITEM03=3; TOTAL=6", None),
        # mean of 1, 2, 4 is 2.33, times 4 is 9.33, rounded 9
        ("SC004", "ITEM01=1; ITEM02=2; ITEM04=4; TOTAL=7", True),
        ("SC004", "ITEM01=1; ITEM02=2; ITEM04=4; TOTAL=9", False),
        ("SC004", "ITEM01=1; ITEM02=2; ITEM04=4", None),
        ("SC006", "ITEM01=1; TOTAL=1", True),
        ("SC006", "ITEM01=1; ITEM02=1; TOTAL=2", False),
        ("SC020", "QSPERF=Y", True),
        ("SC020", "QSPERF=Y; #SCR", False),
        ("SC020", "", None),
        # not serious, but a criterion is met; serious with one; not serious and one criterion unanswered
        ("AE003", "AESER=N; AESHOSP=Y", True),
        ("AE003", "AESER=Y; AESHOSP=Y", False),
        ("AE003", "AESER=N; AESHOSP=N", None),
        ("SV006", "SVMODE=VIDEO; #CLINIC_ONLY", True),
        ("SV006", "SVMODE=VIDEO", False),
        ("SV006", "#CLINIC_ONLY", None),
        # same person; another person; nobody named
        ("DC002", "DCSTAT=DESTROYED; DCWIT=AB; DCBY=AB", True),
        ("DC002", "DCSTAT=DESTROYED; DCWIT=CD; DCBY=AB", False),
        ("DC002", "DCSTAT=DESTROYED; DCBY=AB", True),
        ("DC002", "DCSTAT=DESTROYED; DCWIT=CD", None),
    ],
)
def test_edit_check_when_worked_by_hand_then_evaluates_to_the_same(
    rule: str, given: str, expected: bool | None
) -> None:
    assert _outcome(rule, given) is expected
