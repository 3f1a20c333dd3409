"""The changes of terms that a file makes: judged before its rows are written, and on the record like all others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from changes import impact_text
from changes.apply import judge, needs_approval, record_change
from changes.approval import ask_approval
from changes.audience import audiences, default_notify, short_notice, total
from changes.change_permissions import may_make
from changes.drafts import SavedForm, save_draft
from changes.models import Change, Draft, Way
from changes.preview import Preview
from changes.proposals import Proposal
from changes.safeguards import Safeguard, safeguard_of
from changes.visible_impact import visible_preview
from customers.effect_words import counts_in_words
from customers.models import StaffMember
from evcnet.datetimes import moment_in_words
from evcnet.errors import DomainError
from tariffs.writes import lock_changes

MAX_CHANGES = 20
"""So many changes of a file are shown one by one."""


@dataclass(frozen=True)
class ChangePicture:
    """One change of the file, for people."""

    preview: Preview
    sentences: list[impact_text.Sentence]
    bars: list[impact_text.Bar]
    warnings: list[str]

    @property
    def zone(self) -> str:
        return self.preview.provider.time_zone


@dataclass(frozen=True)
class Judged:
    """A change with the preview of all customers, whoever sees how many of them; ``at`` is the moment of one that is scheduled."""

    preview: Preview
    at: datetime | None

    @property
    def needs_approval(self) -> bool:
        return needs_approval(self.preview)


@dataclass
class FileChanges:
    """The changes that one run of one file makes. ``login`` has seen their preview on a page; None for commands: no name is
    asked for, and ``way`` is what the record says of them.

    ``notify`` None: each change tells whom ``default_notify`` says. ``named`` is what somebody typed because the changes are big ones, and ``safeguard`` why they are.
    """

    login: StaffMember | None = None
    way: Way = Way.FILE
    notify: str | None = Change.Notify.NONE.value
    reason: str = ""
    named: str = ""
    writing: bool = False
    previews: list[Preview] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    safeguard: Safeguard | None = None

    def lock(self, providers: Iterable[int]) -> None:
        """From here on nothing else changes terms of these providers until the transaction ends."""
        self.writing = True
        for provider in sorted(providers):
            lock_changes(provider)

    def add(self, proposal: Proposal, at: datetime | None = None) -> Change | None:
        """Judge a change, ``at`` the moment of one that is scheduled, and, where this run writes, put it on the record; None where it does not.

        The rows are the caller's to write. Raises DomainError.
        """
        if self.login is not None and not may_make(self.login, proposal):
            raise DomainError("It is part of a change that your role does not make: take the row out.")
        preview = judge(proposal, at, even_nothing=True)
        visible = visible_preview(preview, self.login)
        self.previews.append(visible)
        self.judged.append(Judged(preview, at))
        if self.login is not None:
            own = safeguard_of(visible)
            self.safeguard = own if self.safeguard is None else self.safeguard.joined(own, preview.provider)
        if not self.writing:
            return None
        notify = self.notify or default_notify([visible.impact])
        change = record_change(preview, by=self.login, way=self.way, reason=self.reason, notify=notify)
        self.changes.append(change)
        return change

    @property
    def needs_approval(self) -> bool:
        """Does a change that a login makes need a second person? Those of commands pass."""
        return self.login is not None and any(each.needs_approval for each in self.judged)

    @property
    def name_confirmed(self) -> bool:
        """Are big changes made on purpose?"""
        return self.safeguard is None or self.safeguard.allows(self.named)

    def page_context(self) -> dict[str, Any]:
        """For the page that shows what the file would change."""
        return {
            "pictures": _pictures(self.previews),
            "more_changes": len(self.previews) - MAX_CHANGES,
            "affected": sum(each.impact.affected for each in self.previews),
            "audiences": total(audiences(each, self.login) for each in self.previews),
            "safeguard": self.safeguard,
            "needs_approval": self.needs_approval,
            "notify": self.notify or default_notify(each.impact for each in self.previews),
        }


def _pictures(previews: Sequence[Preview]) -> list[ChangePicture]:
    return [
        ChangePicture(
            each,
            impact_text.sentences(impact_text.parts(each.impact, each.basis.tariff_names)),
            impact_text.bars(each.impact.customers_by_effect),
            [*each.impact.warnings, *short_notice(each)],
        )
        for each in previews[:MAX_CHANGES]
    ]


def summary(preview: Preview) -> str:
    """A change in one line: what it is, from when on, and how many customers notice what."""
    effects = counts_in_words(preview.impact.customers_by_effect)
    begin = f" from {moment_in_words(preview.scheduled, preview.provider.zone)}" if preview.scheduled else ""
    return f"{preview.proposal.sentence()}{begin}: {'; '.join(effects) or 'no customer notices anything'}."


@transaction.atomic
def keep_drafts(changes: FileChanges, author: StaffMember) -> list[Draft]:
    """Keep each change of the file as a draft, as a page does, and ask for approval of those that need it; all of them, or none.

    Raises Inapplicable where nobody could approve one.
    """
    note, notify = changes.reason[:500], changes.notify or ""
    drafts = []
    for each in changes.judged:
        draft = save_draft(each.preview, SavedForm(each.at, note=note, notify=notify), author)
        if each.needs_approval:
            ask_approval(draft, author, note, notify)
        drafts.append(draft)
    return drafts
