"""Use of tariffs: the charge groups' terms, now or later, the exceptions that name them, and what other apps add."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from django.db.models import Case, Q, Value, When

from chargegroups.models import ChargeGroup, CustomerException, TariffUse, Terms
from customers.models import Provider, StaffMember
from evcnet.datetimes import database_clock
from evcnet.replica import connection_to_read
from tariffs.models import Tariff

FURTHER_USES: list[Callable[[Collection[int]], Mapping[int, str]]] = []
"""What apps above add of their own when they are ready: of tariffs, by id, a sentence for each that they use."""

_COUNTS = """
    SELECT slot.tariff, count(DISTINCT terms.charge_group_id)
    FROM evcnet_terms_ahead terms
    CROSS JOIN LATERAL (VALUES (terms.tariff_id), (terms.prepaid_tariff_id), (terms.roaming_tariff_id)) slot (tariff)
    WHERE slot.tariff = ANY(%s) AND (%s::bigint[] IS NULL OR terms.charge_group_id = ANY(%s)) GROUP BY slot.tariff
"""

_TARIFFS_OF_PROVIDER = """
    SELECT slot.tariff FROM evcnet_terms_ahead terms
    CROSS JOIN LATERAL (VALUES (terms.tariff_id), (terms.prepaid_tariff_id), (terms.roaming_tariff_id)) slot (tariff)
    WHERE terms.provider_id = %s AND slot.tariff IS NOT NULL
    UNION SELECT tariff_id FROM chargegroups_customerexception WHERE provider_id = %s AND tariff_id IS NOT NULL
"""


def tariffs_of_terms(provider: Provider) -> set[int]:
    """The tariffs, by id, that terms in force or scheduled of the provider's groups name, or an exception."""
    with connection_to_read().cursor() as cursor:
        cursor.execute(_TARIFFS_OF_PROVIDER, [provider.pk, provider.pk])
        return {tariff for (tariff,) in cursor.fetchall()}


def group_counts(tariffs: Iterable[int], within: Iterable[int] | None = None) -> dict[int, int]:
    """In how many groups' terms, in force or scheduled, each of these tariffs (by id) is named; ``within`` these groups."""
    groups = None if within is None else list(within)
    with connection_to_read().cursor() as cursor:
        cursor.execute(_COUNTS, [list(tariffs), groups, groups])
        return dict(cursor.fetchall())


def in_use_first(tariffs: Any, login: StaffMember) -> Any:
    """These tariffs (a queryset) by name, those before all others that charge groups in the login's sight use: ``in_use``."""
    scope = login.scope("chargegroups.view_chargegroup")
    uses = TariffUse.objects.filter(TariffUse.tenancy.clause(TariffUse, scope))
    in_use = Case(When(pk__in=uses.values("tariff"), then=Value(True)), default=Value(False))
    rows = Tariff.objects.filter(pk__in=tariffs.order_by().values("pk")).annotate(in_use=in_use)
    return rows.order_by("-in_use", "name", "code")


def groups_using(tariff: Tariff) -> Any:
    """The groups whose terms in force or scheduled name the tariff."""
    now = database_clock()
    named = Q(tariff=tariff) | Q(prepaid_tariff=tariff) | Q(roaming_tariff=tariff)
    ahead = Terms.objects.in_force(now).filter(named), Terms.objects.scheduled(now).filter(named)
    return ChargeGroup.objects.filter(
        Q(pk__in=ahead[0].values("charge_group")) | Q(pk__in=ahead[1].values("charge_group"))
    )


def used_among(tariffs: Iterable[int]) -> set[int]:
    """Those of these tariffs, by id, of which ``is_used`` holds."""
    ids = set(tariffs)
    slots = Terms.objects.filter(Q(tariff__in=ids) | Q(prepaid_tariff__in=ids) | Q(roaming_tariff__in=ids)).values_list(
        "tariff_id", "prepaid_tariff_id", "roaming_tariff_id"
    )
    excepted = CustomerException.objects.filter(tariff__in=ids).values_list("tariff_id", flat=True)
    named = {pk for row in slots.order_by().distinct() for pk in row} | set(excepted.order_by().distinct())
    return ids & (named | further_uses(ids).keys())


def further_uses(tariffs: Collection[int]) -> dict[int, str]:
    """Of these tariffs, by id, those that something else than terms and exceptions names: in a sentence."""
    sentences: dict[int, str] = {}
    for uses in FURTHER_USES:
        for tariff, sentence in uses(tariffs).items():
            sentences[tariff] = f"{sentences[tariff]} {sentence}" if tariff in sentences else sentence
    return sentences


def is_used(tariff: Tariff) -> bool:
    """Does any group's terms, past ones too, any exception or anything else name it? Then its prices change by a change with a preview alone."""
    return bool(used_among([tariff.pk]))
