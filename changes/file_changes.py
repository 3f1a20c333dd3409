"""Which changes of terms does a file make? Judged before its rows are written, and on the record like all others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from changes.apply import judge, lock, record_change
from changes.impact_text import counts_in_words
from changes.models import Change
from changes.preview import Preview
from changes.proposals import Proposal
from evcnet.errors import DomainError
from evcnet.importexport.results import RowResult


@dataclass(frozen=True)
class ProposedRows:
    """Rows of a file that are one change together. ``at`` is the moment of one that is scheduled."""

    proposal: Proposal
    effects: list[RowResult]
    at: datetime | None = None


@dataclass
class FileChanges:
    """The changes that one run of one file makes. ``login`` is None for commands: nobody is told, and no name is asked for.

    ``named`` is what somebody typed because the change is a big one, and ``weight`` why it is.
    """

    login: Any = None
    notify: str = Change.Notify.NONE.value
    reason: str = ""
    named: str = ""
    writing: bool = False
    previews: list[Preview] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    weight: Any = None

    def lock(self, providers: Iterable[int]) -> None:
        """From here on nothing else changes terms of these providers until the transaction ends."""
        self.writing = True
        for provider in sorted(providers):
            lock(provider)

    def add(self, proposed: ProposedRows) -> Change | None:
        """Judge a change and, where this run writes, put it on the record. Raises DomainError; the rows are the caller's."""
        if not self._may(proposed.proposal):
            raise DomainError("It is part of a change that your role does not make: take the row out.")
        seen = judge(proposed.proposal, proposed.at, even_nothing=True)
        self.previews.append(seen)
        if self.login is not None:
            self.weight = self._weighed(seen)
        if not self.writing:
            return None
        change = record_change(proposed.proposal, seen, by=self.login, reason=self.reason, notify=self.notify)
        self.changes.append(change)
        return change

    @property
    def name_confirmed(self) -> bool:
        """Is a big change made on purpose?"""
        from changes.admin.safeguards import name_matches

        return self.weight is None or not self.weight.reasons or name_matches(self.named, self.weight.names)

    # Pages of changes have imports and exports themselves, so they are there only once this module is.

    def _may(self, proposal: Proposal) -> bool:
        from changes.permissions import may_make

        return self.login is None or may_make(self.login, proposal)

    def page_context(self) -> dict[str, Any]:
        """For the page that shows what the file would change."""
        from changes.admin.file_preview import shown

        return shown(self.previews, self.weight) | {"notify": self.notify}

    def _weighed(self, seen: Preview) -> Any:
        from changes.admin.file_preview import weighed

        return weighed(seen, self.weight)


def by_provider(effects: Iterable[RowResult]) -> Iterable[list[RowResult]]:
    """A change is of one provider."""
    found: dict[int, list[RowResult]] = {}
    for effect in effects:
        found.setdefault(effect.row.provider.pk, []).append(effect)
    return found.values()


def summary(seen: Preview) -> str:
    """A change in one line: what it is, from when on, and how many customers notice what."""
    effects = counts_in_words(seen.impact.counts)
    begin = f" from {seen.scheduled.isoformat()}" if seen.scheduled else ""
    return f"{seen.proposal.sentence()}{begin}: {'; '.join(effects) or 'no customer notices anything'}."
