"""Filters of "Customers and tariffs": access, its reason, the exception, and a search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q
from django.forms import Select, TextInput

from chargegroups.customer_access import GroupAt, Standing, audience_of
from customers.models import ChargeCard, Customer

REASONS = {
    "exception_allowed": "allowed by an exception",
    "own_user_group": "own user group",
    "other_user_group": "another user group of yours",
    "roaming_card": "roaming card",
    "exception_denied": "denied by an exception",
    "customer_pending": "waits for approval",
    "customer_blocked": "blocked or deactivated",
    "no_terms_in_force": "no terms or no price in force",
    "no_access": "nothing gives access",
}
ACCESS = {"allowed": "May charge", "refused": "May not charge", "all": "Everyone"}
EXCEPTIONS = {
    "any": "With an exception in force",
    "none": "Without an exception",
    "allowed": "Allowed by exception",
    "denied": "Denied by exception",
    "priced": "Only a tariff of their own",
}
_EXCEPTED: dict[str, Callable[[Standing], bool]] = {
    "any": lambda standing: standing.excepted,
    "none": lambda standing: not standing.excepted,
    **{kind: lambda standing, kind=kind: audience_of(standing) == kind for kind in ("allowed", "denied", "priced")},
}


class CustomerAccessFilter(django_filters.FilterSet):
    """Narrows customers by what the rule decides on them: it picks groups of facts, and the database finds who has them."""

    q = django_filters.CharFilter(
        label="Search",
        method="search",
        widget=TextInput(attrs={"type": "search", "placeholder": "Name, number or card"}),
    )
    access = django_filters.ChoiceFilter(
        label="Access", choices=list(ACCESS.items()), empty_label=None, method="by_facts", widget=Select
    )
    reason = django_filters.ChoiceFilter(
        label="Reason", choices=list(REASONS.items()), empty_label="Any reason", method="by_facts"
    )
    exception = django_filters.ChoiceFilter(
        label="Exception", choices=list(EXCEPTIONS.items()), empty_label="With or without", method="by_facts"
    )

    class Meta:
        model = Customer
        fields: list[str] = []

    def __init__(self, data: Any, *, at: GroupAt, customers: Any) -> None:
        self.at = at
        self.standings = at.standings(customers)
        super().__init__(data, queryset=customers)

    def filter_queryset(self, queryset: Any) -> Any:
        """The customers with their facts, by name."""
        rows = self.at.among(queryset, self.chosen).order_by("name", "pk")
        return super().filter_queryset(rows) if self.form.is_valid() else rows

    def by_facts(self, queryset: Any, name: str, value: str) -> Any:
        """Access, reason and exception have picked the facts already, all three together."""
        return queryset

    def search(self, queryset: Any, name: str, value: str) -> Any:
        text = value.strip()
        cards = ChargeCard.objects.filter(customer=OuterRef("pk"))
        has_card = Exists(cards.filter(Q(uid__istartswith=text) | Q(visual_number__istartswith=text)))
        return queryset.filter(Q(name__icontains=text) | Q(number__istartswith=text) | has_card) if text else queryset

    @property
    def chosen(self) -> list[Standing]:
        """The groups of facts whose customers are listed."""
        access, reason, exception = self.access_listed, self._value("reason"), self._value("exception")
        return [
            standing
            for standing in self.standings
            if (access == "all" or standing.allowed == (access == "allowed"))
            and (not reason or standing.reason == reason)
            and (not exception or _EXCEPTED[exception](standing))
        ]

    @property
    def access_listed(self) -> str:
        """Where nothing is asked for, those who may charge; where one searches, everyone."""
        return self._value("access") or ("all" if self._value("q") or self._value("reason") else "allowed")

    @property
    def total(self) -> int | None:
        """How many are found; unknown while searching, since counting would cost as much as finding all."""
        return None if self._value("q") else sum(standing.count for standing in self.chosen)

    def _value(self, name: str) -> str:
        return str(self.form.cleaned_data.get(name) or "") if self.form.is_valid() else ""
