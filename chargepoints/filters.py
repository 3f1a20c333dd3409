"""Filter of the page "Findings": by their kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import django_filters

from chargepoints.finding_dismissals import OpenOrAside
from chargepoints.models import ChargePoint

TITLES = {
    "afir_energy": "Ad hoc price without a price per kWh",
    "afir_time": "Ad hoc price with a price for charging time",
    "card_ambiguous": "Card of two roaming partners",
    "dear": "Price far above the others",
    "decimals": "More than two decimals outside Home groups",
    "free": "Free of charge for everyone",
    "minute_gap": "A minute left out",
    "never_met": "Condition that no session meets",
    "never_reached": "Price that can never apply",
    "no_fallback": "Moments without a price",
    "overlap": "Windows that overlap",
    "owner_pays": "Owner pays for their own sessions",
    "owner_without_exception": "Owner without an exception",
    "published_in_vain": "Published while nobody can charge",
    "roaming_unpublished": "Roaming while not published",
    "sessions_overlap": "Sessions that overlap",
}


class FindingFilter(django_filters.FilterSet):
    """Findings of one kind. They are computed and are no rows, so ``qs`` is a list of them; a kind that there is none
    of counts as not chosen."""

    kind = django_filters.ChoiceFilter(choices=())

    class Meta:
        model = ChargePoint
        fields: list[str] = []

    def __init__(self, data: Mapping[str, Any], *, findings: Sequence[OpenOrAside]) -> None:
        super().__init__(data, queryset=ChargePoint.objects.none())
        self.findings = findings
        self.kinds = [
            (code, TITLES.get(code, code), count)
            for code, count in sorted(Counter(each.oddity.code for each in findings).items())
        ]
        self.filters["kind"].extra["choices"] = [(code, title) for code, title, _ in self.kinds]

    @property
    def chosen(self) -> str:
        """The code of the kind; empty for all of them."""
        return str(self.form.cleaned_data["kind"]) if self.form.is_valid() else ""

    @property
    def qs(self) -> Sequence[OpenOrAside]:
        return [each for each in self.findings if each.oddity.code == self.chosen] if self.chosen else self.findings
