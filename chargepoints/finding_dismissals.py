"""Findings that are set aside with a reason, and brought back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import md5

from chargepoints.findings import Oddity
from chargepoints.models import Dismissal
from customers.models import StaffMember
from evcnet.together import Reading, reading_of, side_by_side


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


def dismiss(findings: Iterable[OpenOrAside], login: StaffMember, reason: str) -> int:
    """Set those aside that the login may set aside and nobody has yet; how many."""
    scope = login.scope("chargepoints.add_dismissal")
    rows = [
        Dismissal(provider_id=each.oddity.subject.provider_id, digest=each.digest, reason=reason, made_by=login)
        for each in findings
        if each.dismissal is None and scope.within(each.oddity.subject.provider_id) is None
    ]
    Dismissal.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def bring_back(findings: Iterable[OpenOrAside], login: StaffMember) -> int:
    """Show those again that were set aside; how many."""
    keys = [each.dismissal.pk for each in findings if each.dismissal is not None]
    _, counts = Dismissal.objects.visible_to(login, "delete").filter(pk__in=keys).delete()
    return int(counts.get(Dismissal._meta.label, 0))
