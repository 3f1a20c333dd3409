"""By what is "Customers and tariffs" narrowed? By access, its reason, the exception, and who it is."""

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


class StandingFilter(django_filters.FilterSet):
    """Narrows customers by how the rule judges them: it picks sets of facts, and the database finds who has them."""

    q = django_filters.CharFilter(
        label="Search",
        method="ignore",
        widget=TextInput(attrs={"type": "search", "placeholder": "Name, number or card"}),
    )
    access = django_filters.ChoiceFilter(
        label="Access", choices=list(ACCESS.items()), empty_label=None, method="ignore", widget=Select
    )
    reason = django_filters.ChoiceFilter(
        label="Reason", choices=list(REASONS.items()), empty_label="Any reason", method="ignore"
    )
    exception = django_filters.ChoiceFilter(
        label="Exception", choices=list(EXCEPTIONS.items()), empty_label="With or without", method="ignore"
    )

    class Meta:
        model = Customer
        fields: list[str] = []

    def __init__(self, data: Any, *, at: GroupAt, customers: Any) -> None:
        self.at, self.customers = at, customers
        self.standings = at.standings(customers)
        super().__init__(data, queryset=customers)

    def ignore(self, queryset: Any, name: str, value: str) -> Any:
        """All filters are read together, by ``qs``."""
        return queryset

    def _value(self, name: str) -> str:
        return str(self.form.cleaned_data.get(name) or "") if self.form.is_valid() else ""

    @property
    def shown(self) -> str:
        """What is shown where nothing is asked for: who may charge; where one searches, everyone."""
        return self._value("access") or ("all" if self._value("q") or self._value("reason") else "allowed")

    @property
    def chosen(self) -> list[Standing]:
        reason, exception = self._value("reason"), self._value("exception")
        return [
            standing
            for standing in self.standings
            if (self.shown == "all" or standing.allowed == (self.shown == "allowed"))
            and (not reason or standing.reason == reason)
            and (not exception or _EXCEPTED[exception](standing))
        ]

    @property
    def total(self) -> int | None:
        """How many are found; unknown while searching, since counting would cost as much as finding all."""
        return None if self._value("q") else sum(standing.count for standing in self.chosen)

    @property
    def found(self) -> Any:
        """The customers with their facts, by name."""
        rows = self.at.among(self.customers, self.chosen)
        text = self._value("q").strip()
        if text:
            cards = ChargeCard.objects.filter(customer=OuterRef("pk"))
            has_card = Exists(cards.filter(Q(uid__istartswith=text) | Q(visual_number__istartswith=text)))
            rows = rows.filter(Q(name__icontains=text) | Q(number__istartswith=text) | has_card)
        return rows.order_by("name", "pk")
