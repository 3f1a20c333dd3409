"""Findings that are set aside with a reason, and brought back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import md5

from django.db import transaction

from chargepoints.findings import Oddity
from chargepoints.models import Dismissal
from customers.audit import record
from customers.models import AuditEntry, Provider, StaffMember
from evcnet.together import Reading, reading_of, side_by_side

NAMED = 100
"""So many of the findings of one press of the button stand in the activity one by one; all are counted."""


@dataclass(frozen=True)
class OpenOrAside:
    """What is odd, and the dismissal by which it is set aside; None where it is not."""

    oddity: Oddity
    dismissal: Dismissal | None = None

    @property
    def digest(self) -> str:
        return digest_of(self.oddity)


def digest_of(oddity: Oddity) -> str:
    """Of all that it says, and about what: the same as long as nothing of it changes."""
    subject = oddity.subject
    content = (oddity.code, subject._meta.label, str(subject.pk), oddity.place, oddity.why)
    return md5("\0".join(content).encode(), usedforsecurity=False).hexdigest()


def with_dismissals(reading: Reading[list[Oddity]], login: StaffMember) -> Reading[list[OpenOrAside]]:
    """Each with its dismissal, as far as the login sees them: all of these are read beside the findings."""
    rows = Dismissal.objects.visible_to(login).select_related("made_by")
    oddities, _ = yield from side_by_side(reading, reading_of(rows))
    by_key = {(row.provider_id, row.digest): row for row in rows}
    return [OpenOrAside(each, by_key.get((each.subject.provider_id, digest_of(each)))) for each in oddities]


@transaction.atomic
def dismiss(findings: Iterable[OpenOrAside], login: StaffMember, reason: str) -> int:
    """Set those aside that the login may set aside and nobody has yet; how many. The activity says which."""
    scope = login.scope("chargepoints.add_dismissal")
    chosen = [
        each for each in findings if each.dismissal is None and scope.within(each.oddity.subject.provider_id) is None
    ]
    rows = [
        Dismissal(provider_id=each.oddity.subject.provider_id, digest=each.digest, reason=reason, made_by=login)
        for each in chosen
    ]
    Dismissal.objects.bulk_create(rows, ignore_conflicts=True)
    _record(AuditEntry.Event.FINDING_ASIDE, chosen, login)
    return len(chosen)


@transaction.atomic
def bring_back(findings: Iterable[OpenOrAside], login: StaffMember) -> int:
    """Show those again that were set aside; how many. The activity says which."""
    stored = {each.dismissal.pk: each for each in findings if each.dismissal is not None}
    rows = Dismissal.objects.visible_to(login, "delete").filter(pk__in=stored).select_for_update()
    chosen = [stored[pk] for pk in rows.values_list("pk", flat=True)]
    rows.delete()
    _record(AuditEntry.Event.FINDING_BACK, chosen, login)
    return len(chosen)


def _record(event: str, findings: list[OpenOrAside], login: StaffMember) -> None:
    """For each provider, with the first of them by kind and row. Without the reason, which may name a person: that stays with
    the dismissal."""
    by_provider = defaultdict(list)
    for each in findings:
        by_provider[each.oddity.subject.provider_id].append(each.oddity)
    providers = Provider.objects.in_bulk(by_provider)
    for key, oddities in by_provider.items():
        named = [f"{each.code}: {each.subject._meta.verbose_name} {each.subject.pk}" for each in oddities[:NAMED]]
        about = ", ".join(sorted({each.code for each in oddities}))
        record(event, login, providers[key], about=about, rows=len(oddities), findings=named)
