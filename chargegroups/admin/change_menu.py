"""Menu of changes and switches on the overview page of a charge group: each begins the change with that one thing flipped."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from changes.change_permissions import may_change_terms
from chargegroups.admin.charge_points_tab import may_move
from chargegroups.models import ChargeGroup, Terms
from evcnet.admin.overview import MenuEntry, OverviewAdmin, Switch
from evcnet.admin.requests import StaffRequest
from evcnet.text import counted


class ChangeMenu:
    """What one login may change at one group, whose ``terms`` in force are None before the first."""

    def __init__(
        self, admin: OverviewAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup, terms: Terms | None
    ) -> None:
        self.admin, self.request, self.login, self.group, self.terms = admin, request, request.user, group, terms
        self.may_change_terms = group.closed_at is None and may_change_terms(self.login, group)
        self.may_move = group.closed_at is None and may_move(request, group)

    def entries(self) -> Iterator[MenuEntry]:
        page, pk = self.admin.page, self.group.pk
        if self.may_change_terms:
            yield MenuEntry("Another tariff", page(pk, "terms") + "#pays-title", "which tariff is paid here")
            yield from self._price_entry()
            yield MenuEntry("Who may charge", page(pk, "terms") + "#who-title", "your user groups, and roaming cards")
            yield from self._switch_entries()
        if self.may_move:
            where = page(pk, "points") + "#attach"
            yield MenuEntry("Attach charge points", where, "single ones, or all on a street")
        if self.login.has_perm("chargegroups.change_customerexception") and not self.group.closed_at:
            url = page(pk, "customers") + "?access=all"
            yield MenuEntry("Exceptions of customers", url, "allow, deny, or another tariff for some")
        yield from self.admin.edit_entry(self.request, self.group, "Edit data", "name, type and notes")
        if self.may_move:
            yield MenuEntry("Close", page(pk, "close"), "nobody may charge any more; the history stays")

    def _price_entry(self) -> Iterator[MenuEntry]:
        tariff = self.terms.tariff if self.terms else None
        if tariff is not None and self.login.has_perm("tariffs.change_tariff", tariff):
            url = reverse("admin:tariffs_tariff_version", args=[tariff.pk])
            yield MenuEntry(f"Price of {tariff.name}", url, "in every charge group that names it")

    def _switch_entries(self) -> Iterator[MenuEntry]:
        if self.terms is None:
            return
        if self.terms.roaming or self.group.type != ChargeGroup.Type.HOME:
            yield MenuEntry(f"Roaming: switch {_other(self.terms.roaming)}", self._flip("roaming"))
        yield MenuEntry(f"Social charging: switch {_other(self.terms.social_charging)}", self._flip("social_charging"))

    def _flip(self, switch: str) -> str:
        """The form of the terms with this one switch the other way."""
        return f"{self.admin.page(self.group.pk, 'terms')}?{switch}={_other(getattr(self.terms, switch))}#who-title"

    def switches(self, roaming: int, waiting: int) -> Iterator[Switch]:
        terms = self.terms
        if terms is None:
            return
        link = self._flip if self.may_change_terms else lambda _: ""
        home = self.group.type == ChargeGroup.Type.HOME
        yield Switch(
            "Roaming", terms.roaming, _roaming_words(terms.roaming, roaming, home), "" if home else link("roaming")
        )
        words = _social_words(terms.social_charging, waiting)
        yield Switch("Social charging", terms.social_charging, words, link("social_charging"))


def _other(on: bool) -> str:
    return "off" if on else "on"


def _roaming_words(on: bool, customers: int, home: bool) -> str:
    if home:
        return "A Home group is not accessible for roaming: customers of others can't charge here."
    who = f"{counted(customers, 'customer')} of yours with a roaming card, and roaming cards of any other provider"
    return f"Open to {who}." if on else f"Closed to roaming. Switched on, it opens to {who}."


def _social_words(on: bool, waiting: int) -> str:
    if on:
        return f"Drivers queue for an occupied charge point: {waiting:,} wait now."
    return "Nobody queues. Switched on, drivers may ask for an occupied charge point and queue for it."
