"""Books of records in, what checks in Python see of them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trialkit.engine.casebook import Casebook
from trialkit.extension import RecordView
from trialkit.language import typed_value
from trialkit.model.form import Form
from trialkit.model.kind import Typed


def record_views(casebook: Casebook, form: str) -> tuple[RecordView, ...]:
    """The records of a form as Python sees them, in the order of its table."""
    table, defined, setting = casebook.tables[form], casebook.setting.forms[form], casebook.setting
    today = {site: setting.now(site).date() for site in set(table.site)}
    return tuple(
        RecordView(table.key(place), _TypedValues(casebook, defined, place), today[table.site[place]], defined)
        for place in range(len(table))
    )


class _TypedValues(Mapping[str, Typed]):
    """The values of one record, each made typed when it is first asked for: of a whole study few are."""

    def __init__(self, casebook: Casebook, form: Form, place: int) -> None:
        self._casebook = casebook
        self._form = form
        self._place = place
        self._made: dict[str, Typed] = {}

    def __getitem__(self, name: str) -> Typed:
        if name not in self._made:
            self._made[name] = self._typed(name)
        return self._made[name]

    def _typed(self, name: str) -> Typed:
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
