"""Checks of a whole site, for central monitoring: the records of a few forms in, one finding for each site out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from trialkit.engine.assembly import Assembly
from trialkit.engine.casebook import open_casebook
from trialkit.engine.record_views import record_views
from trialkit.extension import RecordView, SiteCheck, SiteView
from trialkit.model.finding import Finding
from trialkit.model.record import RecordKey
from trialkit.store import Stamp, Store

BySite = Mapping[str, Sequence[RecordView]]
"""Site to its records of one form, sorted by key."""


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
        for check, origin in assembly.rules_in_python.of_sites
        if form in (None, check.form) and rule in (None, check.check)
    ]
    if not wanted:
        return []
    casebook = open_casebook(assembly, store, stamp.at, None)
    read: dict[str, BySite] = {}
    found: list[Finding] = []
    for check, plugin in wanted:
        forms = [name for name in (check.form, *check.reads) if name in assembly.study.forms]
        for name in forms:
            if name not in read:
                read[name] = by_site(record_views(casebook, name))
        views = {name: read[name] for name in forms}
        for one in sorted(read[check.form]) if site is None else [site]:
            finding = ask_site_check(check, plugin, site_view(one, views))
            found += [] if finding is None else [finding]
    return found


def by_site(views: Iterable[RecordView]) -> BySite:
    """Records by their site, in their order."""
    found: dict[str, list[RecordView]] = {}
    for view in views:
        found.setdefault(view.key.site, []).append(view)
    return found


def site_view(site: str, views: Mapping[str, BySite]) -> SiteView:
    """The records of a few forms as a check of one site sees them."""
    return SiteView(
        site,
        {form: tuple(several.get(site, ())) for form, several in views.items()},
        {
            form: tuple(chain.from_iterable(there for other, there in several.items() if other != site))
            for form, several in views.items()
        },
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
