"""Filters of customers of a charge group: of "Customers and tariffs", and of "Who had access, at which price?"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final

import django_filters
from django.forms import Select, TextInput

from chargegroups.access_history import AccessAt, PastCustomer
from chargegroups.customer_access import CustomerAccess, CustomerRows, filter_customers, grouped_access
from chargegroups.group_snapshots import GroupSnapshot
from customers.models import Customer
from customers.search import search_customers
from evcnet.tenancy import Login

REASONS: Final = {
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
ACCESS: Final = {"allowed": "May charge", "refused": "May not charge", "all": "Everyone"}
EXCEPTIONS: Final = {
    "any": "With an exception in force",
    "none": "Without an exception",
    "allowed": "Allowed by exception",
    "denied": "Denied by exception",
    "priced": "Only a tariff of their own",
}
Test = Callable[[CustomerAccess], bool]


class CustomerAccessFilter(django_filters.FilterSet):
    """Narrows customers by how the access rules judge them: it picks sets of facts, and ``qs`` finds who has them."""

    q = django_filters.CharFilter(
        label="Search",
        method="search",
        widget=TextInput(attrs={"type": "search", "placeholder": "Name, number or card"}),
    )
    access = django_filters.ChoiceFilter(
        label="Access", choices=list(ACCESS.items()), empty_label=None, method="unfiltered", widget=Select
    )
    reason = django_filters.ChoiceFilter(
        label="Reason", choices=list(REASONS.items()), empty_label="Any reason", method="unfiltered"
    )
    exception = django_filters.ChoiceFilter(
        label="Exception", choices=list(EXCEPTIONS.items()), empty_label="With or without", method="unfiltered"
    )

    class Meta:
        model = Customer
        fields: list[str] = []

    def __init__(self, data: Mapping[str, Any], *, snapshot: GroupSnapshot, login: Login) -> None:
        self.snapshot = snapshot
        self.accesses = grouped_access(snapshot, login)
        super().__init__(data, queryset=Customer.objects.visible_to(login))
        if not self._value("access"):
            # The choice shows whom the list shows, and is sent as none: a search that is typed next is among everyone.
            options = [("" if value == self.listed else value, words) for value, words in ACCESS.items()]
            self.form.fields["access"].widget.choices = options

    def filter_queryset(self, queryset: CustomerRows) -> CustomerRows:
        """The sets of facts that all filters together leave, then who of these is searched for; by name."""
        chosen = {access.key for access in self.chosen}
        others = [access for access in self.accesses if access.key not in chosen]
        narrowed = filter_customers(self.snapshot, queryset, self.chosen, others)
        return super().filter_queryset(narrowed).order_by("name", "pk")  # type: ignore[no-any-return]

    def unfiltered(self, queryset: CustomerRows, name: str, value: str) -> CustomerRows:
        """Access, reason and exception choose among the sets of facts, all three together: see ``chosen``."""
        return queryset

    def search(self, queryset: CustomerRows, name: str, value: str) -> CustomerRows:
        return search_customers(queryset, value)  # type: ignore[no-any-return]

    @property
    def listed(self) -> str:
        """Whom the list shows where nothing is chosen: who may charge; where one searches, everyone."""
        return self._value("access") or ("all" if self._value("q") or self._value("reason") else "allowed")

    @cached_property
    def chosen(self) -> list[CustomerAccess]:
        """The sets of facts that fit; a form that is not valid counts as empty."""
        tests = self._tests()
        return [access for access in self.accesses if all(test(access) for test in tests)]

    def _tests(self) -> list[Test]:
        listed, reason, exception = self.listed, self._value("reason"), self._value("exception")
        tests: list[Test] = []
        if listed != "all":
            tests.append(lambda access: access.allowed == (listed == "allowed"))
        if reason:
            tests.append(lambda access: access.reason == reason)
        if exception in ("any", "none"):
            tests.append(lambda access: (access.exception is not None) == (exception == "any"))
        elif exception:
            tests.append(lambda access: access.audience == exception)
        return tests

    @property
    def total(self) -> int | None:
        """How many are found; unknown while searching, since counting would cost as much as finding all."""
        return None if self._value("q") else sum(access.count for access in self.chosen)

    @property
    def reasons(self) -> list[tuple[str, str, int]]:
        """Each reason, in words, and how many customers there are for it, the most first."""
        counts: Counter[str] = Counter()
        for access in self.accesses:
            counts[access.reason] += access.count
        return [(reason, REASONS.get(reason, reason), count) for reason, count in counts.most_common()]

    def _value(self, name: str) -> str:
        return str(self.form.cleaned_data.get(name) or "") if self.form.is_valid() else ""


class AccessAtFilter(django_filters.FilterSet):
    """Of those who had access at a moment: who may charge, or everyone, and a search. What they were then is read from
    the history by SQL of its own, which is no queryset: ``page`` takes the place of ``qs``."""

    access = django_filters.ChoiceFilter(choices=[("all", "everyone")])
    q = django_filters.CharFilter()

    class Meta:
        model = Customer
        fields: list[str] = []

    def __init__(self, data: Mapping[str, Any], *, answer: AccessAt) -> None:
        super().__init__(data, queryset=Customer.objects.none())
        self.answer = answer

    def page(self, *, after: int, most: int) -> list[PastCustomer]:
        """At most so many customers with an id above ``after``, by id; a value that is not valid counts as empty."""
        self.form.is_valid()
        values = self.form.cleaned_data
        everyone = values.get("access") == "all"
        chosen = [each for each in self.answer.accesses if each.allowed or everyone]
        return self.answer.customers(chosen, text=values.get("q") or "", after=after, most=most)
