"""How do the changes that a file makes read, and is any of them so big that a name is to be typed first?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from changes import impact_text
from changes.admin.preview_page import Safeguard, safeguard_of
from changes.preview import Preview
from customers.models import Provider

SHOWN = 20


@dataclass(frozen=True)
class Picture:
    """One change of the file, for people."""

    preview: Preview
    sentences: list[impact_text.Sentence]
    bars: list[impact_text.Bar]

    @property
    def zone(self) -> str:
        return str(Provider.objects.get(pk=self.preview.proposal.provider_id).time_zone)


def pictures(seen: Sequence[Preview]) -> list[Picture]:
    return [
        Picture(each, impact_text.sentences(impact_text.parts(each.impact)), impact_text.bars(each.impact.counts))
        for each in seen[:SHOWN]
    ]


def shown(seen: Sequence[Preview], weight: Safeguard | None) -> dict[str, Any]:
    return {
        "pictures": pictures(seen),
        "more_changes": len(seen) - SHOWN,
        "affected": sum(each.impact.affected for each in seen),
        "regulars": sum(each.impact.regulars for each in seen),
        "weight": weight,
    }


def weighed(seen: Preview, before: Safeguard | None) -> Safeguard:
    """The weight of one more change of a file, on top of those before it: then the provider's name is asked for."""
    own = safeguard_of(seen)
    if before is None:
        return own
    provider = Provider.objects.get(pk=seen.proposal.provider_id)
    reasons = list(dict.fromkeys([*before.reasons, *own.reasons]))
    return Safeguard(reasons, (provider.code, provider.name))
