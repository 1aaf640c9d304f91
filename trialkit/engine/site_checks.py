"""Checks of a whole site, for central monitoring: the records of a few forms in, one finding for each site out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from trialkit.engine.assembly import Assembly
from trialkit.engine.casebook import Casebook, open_casebook
from trialkit.extension import RecordView, SiteCheck, SiteView
from trialkit.language import typed_value
from trialkit.model.finding import Finding
from trialkit.model.form import Form
from trialkit.model.kind import Typed
from trialkit.model.record import RecordKey
from trialkit.store import Stamp, Store


def ask_site_checks(
    assembly: Assembly, store: Store, stamp: Stamp, site: str | None, form: str | None, rule: str | None
) -> list[Finding]:
    """What the checks of whole sites say.

    Args:
        assembly: the study.
        store: its records.
        stamp: who asks, and when.
        site: only this site; the others are looked at to compare with.
        form: only checks on this form.
        rule: only this check.
    """
    wanted = [
        (check, origin.plugin)
        for check, origin in assembly.site_checks
        if check.form in assembly.study.forms and form in (None, check.form) and rule in (None, check.check)
    ]
    if not wanted:
        return []
    casebook = open_casebook(assembly, store, stamp.at, None)
    views: dict[str, Sequence[RecordView]] = {}
    found: list[Finding] = []
    for check, plugin in wanted:
        for name in (check.form, *check.reads):
            if name in assembly.study.forms and name not in views:
                views[name] = _views(casebook, name)
        sites = sorted({view.key.site for view in views[check.form]})
        for one in sites if site is None else [site]:
            finding = ask_site_check(check, plugin, site_view(one, views))
            found += [] if finding is None else [finding]
    return found


def site_view(site: str, views: Mapping[str, Sequence[RecordView]]) -> SiteView:
    """The records of a few forms as a check of one site sees them."""
    return SiteView(
        site,
        {form: tuple(view for view in several if view.key.site == site) for form, several in views.items()},
        {form: tuple(view for view in several if view.key.site != site) for form, several in views.items()},
    )


def ask_site_check(check: SiteCheck, plugin: str, view: SiteView) -> Finding | None:
    """The finding of one check on one site; None when it does not fire or can not tell."""
    fired, problem = _ask(check, view)
    if not fired and not problem:
        return None
    return Finding(
        code=check.check,
        severity=check.severity,
        message=f"Check {check.check} was not evaluated: {problem}." if problem else check.message,
        remedy="It does not count as passed: check by hand, and tell the author of the rule." if problem else "",
        key=RecordKey(view.site, "", "", 1, check.form),
        item=check.items[0] if check.items else "",
        action=check.action,
        plugin=plugin,
        evaluated=not problem,
    )


def _ask(check: SiteCheck, view: SiteView) -> tuple[bool, str]:
    """Whether a check fires, and why it could not say anything."""
    try:
        answer: object = check.fires(view)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever a plugin raises must not pass for clean
        return False, f"it raised {type(error).__name__}"
    if answer is None or isinstance(answer, bool):
        return answer is True, ""
    return False, "it answered neither yes nor no"


class _TypedValues(Mapping[str, Typed]):
    """The values of one record, each made typed when it is asked for: of a whole study few are."""

    def __init__(self, casebook: Casebook, form: Form, place: int) -> None:
        self._casebook = casebook
        self._form = form
        self._place = place

    def __getitem__(self, name: str) -> Typed:
        item = self._form.item(name)
        if item is None:
            raise KeyError(name)
        table, setting = self._casebook.tables[self._form.form], self._casebook.setting
        texts, units = table.texts.get(name), table.units.get(name)
        text = None if texts is None else texts[self._place]
        unit = None if units is None else units[self._place]
        return None if text is None else typed_value(item, text, unit, setting.units, setting.typed)

    def __iter__(self) -> Iterator[str]:
        return iter(self._form.item_names)

    def __len__(self) -> int:
        return len(self._form.items)


def _views(casebook: Casebook, form: str) -> tuple[RecordView, ...]:
    """The records of a form as Python sees them, sorted by key."""
    table, defined, setting = casebook.tables[form], casebook.setting.forms[form], casebook.setting
    today = {site: setting.now(site).date() for site in set(table.site)}
    return tuple(
        RecordView(table.key(place), _TypedValues(casebook, defined, place), today[table.site[place]], defined)
        for place in range(len(table))
    )
