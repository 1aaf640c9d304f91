"""The canonical text of ``query.open`` entries, straight from the finding: an import opens thousands.

Byte for byte what `write_payload` makes of the entry.
"""

from __future__ import annotations

from trialkit.model.finding import Finding
from trialkit.model.record import RecordKey
from trialkit.store.canonical import moment_text, quote
from trialkit.store.entry import QUERY_OPEN
from trialkit.store.stamp import Stamp


class QueryTexts:
    """Writes the entries of one transaction.

    Args:
        stamp: who and when.
        study: STUDYID.
    """

    def __init__(self, stamp: Stamp, study: str) -> None:
        self._begin = f'{{"action":{quote(QUERY_OPEN)},"at":{quote(moment_text(stamp.at))},"details":{{"action":'
        self._study = f',"study":{quote(study)},"subject":'
        self._end = f',"user":{quote(stamp.user)},"zone":{quote(stamp.zone)}}}'

    def write(self, seq: int, entry_id: str, query: str, finding: Finding, key: RecordKey) -> str:
        """The text of an entry.

        Args:
            seq: its place.
            entry_id: its identifier.
            query: the name of the query.
            finding: what is asked about.
            key: the record, or for a site as a whole its key.
        """
        return (
            f'{self._begin}{quote(finding.action.value)},"code":{quote(finding.code)},"item":{quote(finding.item)},'
            f'"message":{quote(question_of(finding))},"plugin":{quote(finding.plugin)},"query":{quote(query)}}},'
            f'"id":{quote(entry_id)},"key":{{"form":{quote(key.form)},"repeat":{key.repeat},'
            f'"timepoint":{quote(key.timepoint)},"visit":{quote(key.visit)},"visit_repeat":{key.visit_repeat}}},'
            f'"reason":null,"seq":{seq},"site":{quote(key.site)}{self._study}{quote(key.subject)}{self._end}'
        )


def question_of(finding: Finding) -> str:
    """What a query says: what is wrong, and what to do."""
    return f"{finding.message} {finding.remedy}".strip()
