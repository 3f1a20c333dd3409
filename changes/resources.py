"""Base of the CSV resources whose rows may change terms: judged together, written after, on the record like all others."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.urls import reverse

from changes.audience import short_notice
from changes.file_changes import FileChanges, keep_drafts, summary
from changes.models import Change, Way
from changes.proposals import Proposal
from evcnet.errors import REFUSALS
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.results import ImportResult, RowResult
from evcnet.importexport.rows import Row


@dataclass(frozen=True)
class ProposedRows:
    """Rows of a file that are one change together. ``at`` is the moment of one that is scheduled."""

    proposal: Proposal
    effects: list[RowResult]
    at: datetime | None = None


def by_provider(effects: Iterable[RowResult]) -> Iterable[list[RowResult]]:
    """A change is of one provider."""
    grouped: dict[int, list[RowResult]] = {}
    for effect in effects:
        if effect.row.provider is not None:
            grouped.setdefault(effect.row.provider.pk, []).append(effect)
    return grouped.values()


class TermsResource(BulkResource):
    """``notify`` says which customers are told, ``reason`` stands on the changes, and ``named`` is what was typed because
    a change is a big one. A resource says by ``proposals`` what its rows change together."""

    changes_terms = reads_all_first = True
    approval_remedy: ClassVar = "Make this change on its page, where it is kept as a draft that waits."
    """What to do where a change of the file needs a second person, and the file can't wait as it is."""

    def __init__(self, *args: Any, notify: str = "", reason: str = "", named: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        login = self.scope.login
        default = Change.Notify.NONE.value if login is None else None
        chosen = notify if notify in Change.Notify.values else default
        # Pages write what their preview has shown, or nothing; commands show it to nobody.
        way = Way.FILE if login is None else Way.PREVIEW
        self.file_changes = FileChanges(login, way, chosen, reason=reason, named=named)
        self._changes: dict[int, Change | None] = {}
        self._proposed: list[ProposedRows] = []

    @abstractmethod
    def proposals(self, results: list[RowResult]) -> Sequence[ProposedRows]:
        """The changes of terms that these rows make, in the order in which they are judged and written."""

    def before_proposal(self, proposed: ProposedRows) -> None:
        """What is written before the change is judged."""

    def says_no_more(self, proposed: ProposedRows) -> bool:
        """Do these rows say nothing besides what the change says? Then nothing of them is lost in a draft."""
        return False

    def refuse_change(self, proposed: ProposedRows, error: Exception) -> None:
        """Say at the first row of a change why it is refused."""
        self.refuse(proposed.effects[0].row, error)

    def change_of(self, row: Row) -> Change | None:
        """The recorded change that the row is part of; None where it is part of none, and in a dry run."""
        return self._changes.get(row.number)

    def lock_terms(self, providers: set[int]) -> None:
        self.file_changes.lock(providers)

    def write_rows(self, results: list[RowResult]) -> None:
        """Rows that change terms are judged together, then written; the others follow."""
        others = {result.number: result for result in results}
        for proposed in self.proposals([result for result in results if result.writes]):
            self._proposed.append(proposed)
            self.before_proposal(proposed)
            try:
                change = self.file_changes.add(proposed.proposal, proposed.at)
            except REFUSALS as error:
                self.refuse_change(proposed, error)
                continue
            for result in proposed.effects:
                self._changes[result.number] = change
                self.write_row(others.pop(result.number))
        for result in others.values():
            self.write_row(result)

    def terms_fingerprints(self) -> list[str]:
        return [preview.impact.fingerprint for preview in self.file_changes.previews]

    def is_confirmed(self) -> bool:
        return self.file_changes.name_confirmed

    def change_summaries(self) -> list[str]:
        """Each change in one line, and what is to be warned of."""
        previews = self.file_changes.previews
        return [line for preview in previews for line in (summary(preview), *short_notice(preview))]

    def change_links(self) -> list[tuple[str, str]]:
        changes: Iterable[Change] = self.file_changes.changes
        return [(str(each), reverse("admin:changes_change_change", args=[each.pk])) for each in changes]

    def can_wait(self, result: ImportResult) -> bool:
        """Do its changes need a second person, and is all of the file in them?"""
        if not self.file_changes.needs_approval or result.has_validation_errors():
            return False
        rows = sum(self.rows_of(each) for each in self._proposed)
        return rows == result.writes and all(map(self.says_no_more, self._proposed))

    def rows_of(self, proposed: ProposedRows) -> int:
        """How many rows of the file are this change."""
        return len(proposed.effects)

    def keep_drafts(self) -> list[tuple[str, str]]:
        login = self.scope.login
        drafts = keep_drafts(self.file_changes, login) if login is not None else []
        return [(str(each), reverse("admin:changes_draft_change", args=[each.pk])) for each in drafts]

    def preview_context(self, result: ImportResult) -> dict[str, Any]:
        waiting = {"can_wait": self.can_wait(result), "approval_remedy": self.approval_remedy}
        return self.file_changes.page_context() | waiting
