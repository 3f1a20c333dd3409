"""Who stands where in a charge group? SQL groups the facts, the rule judges each distinct set once, the counts follow.

The same reading fills "Customers and tariffs", its filters and its counts, so that no page repeats the rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from django.db.models import BooleanField, Count, Exists, F, FilteredRelation, OuterRef, Q, Value
from django.db.models.expressions import ExpressionWrapper

from chargegroups.access import Facts
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS, Decision, GroupTerms, TariffInForce, as_customer, decide
from customers.models import ChargeCard, Customer
from tariffs.current_price import CurrentPrice, current_price, without_price
from tariffs.models import Tariff, TariffVersion

FACTS = ("same_user_group", "roams", "payment", "status", "exception_access", "exception_tariff")


@dataclass(frozen=True)
class Standing:
    """One distinct set of facts, how many customers share it, and what the rule says of them."""

    same_user_group: bool
    roams: bool
    payment: str
    status: str
    exception_access: str | None
    exception_tariff: int | None
    count: int
    decision: Decision

    @property
    def key(self) -> tuple[Any, ...]:
        return tuple(getattr(self, fact) for fact in FACTS)

    @property
    def allowed(self) -> bool:
        return self.decision.allowed

    @property
    def reason(self) -> str:
        return self.decision.access.reason

    @property
    def excepted(self) -> bool:
        return self.exception_access is not None


class GroupAt:
    """A charge group at a moment: the terms in force, and how each set of facts is judged under them.

    ``proposed`` stands in for the stored terms (unsaved rows are fine): what would hold under them. ``tariffs`` are
    ids of tariffs that are judged beside those that the terms and the exceptions name.
    """

    def __init__(
        self, group: ChargeGroup, at: datetime, *, proposed: Terms | None = None, tariffs: Iterable[int] = ()
    ) -> None:
        self.group, self.at, self.proposed, self.tariffs = group, at, proposed, set(tariffs)

    @cached_property
    def stored(self) -> Terms | None:
        """The row of terms that counts at this moment."""
        if self.proposed is not None:
            return self.proposed
        rows = Terms.objects.in_force(self.at).filter(charge_group=self.group)
        found: Terms | None = rows.select_related(*SLOTS).first()
        return found

    @property
    def stored_pk(self) -> int | None:
        return self.stored.pk if self.stored else None

    @cached_property
    def versions(self) -> dict[int, TariffVersion]:
        """The version in force of every tariff that the terms or an exception name, by the tariff's id."""
        named = self.tariffs | ({getattr(self.stored, f"{slot}_id") for slot in SLOTS} if self.stored else set())
        named |= set(
            self.group.exceptions.exclude(tariff=None).order_by().values_list("tariff_id", flat=True).distinct()
        )
        found = TariffVersion.objects.in_force(self.at).filter(tariff_id__in=named - {None})
        return {version.tariff_id: version for version in found.select_related("tariff").prefetch_related("elements")}

    def tariff(self, tariff_id: int | None) -> TariffInForce | None:
        if tariff_id is None:
            return None
        version = self.versions.get(tariff_id)
        return TariffInForce(str(tariff_id), version.pk if version else None)

    @cached_property
    def _named(self) -> dict[int, Tariff]:
        """The tariffs of the terms, which may be without a version in force."""
        slots = [getattr(self.stored, slot) for slot in SLOTS] if self.stored else []
        return {tariff.pk: tariff for tariff in slots if tariff}

    def price_tag(self, tariff_id: int | None) -> CurrentPrice | None:
        """How a tariff that the group names reads at this moment."""
        version = self.versions.get(tariff_id or 0)
        if version is not None:
            return current_price(version)
        tariff = self._named.get(tariff_id or 0)
        return without_price(tariff) if tariff else None

    def price_of(self, decision: Decision) -> CurrentPrice | None:
        """The price list that a decision names; None where it allows nothing."""
        return self.price_tag(int(decision.tariff.code)) if decision.tariff else None

    @cached_property
    def terms(self) -> GroupTerms | None:
        """For the rule. A tariff goes by its id here, as its code would need another look-up."""
        stored = self.stored
        if stored is None:
            return None
        return GroupTerms.of(
            lambda slot: self.tariff(getattr(stored, f"{slot}_id")), lambda name: getattr(stored, name)
        )

    def judge(self, facts: dict[str, Any]) -> Decision:
        """What the rule says of customers with these ``FACTS``. A customer counts by the best of their valid cards."""
        return decide(
            as_customer(
                Facts(
                    at=self.at,
                    customer_status=facts["status"],
                    card_roams=facts["roams"],
                    same_provider=True,
                    same_user_group=facts["same_user_group"],
                    exception=facts["exception_access"],
                ),
                has_card=facts["roams"],
            ),
            self.terms,
            exception_tariff=self.tariff(facts["exception_tariff"]),
            prepaid=facts["payment"] == Customer.Payment.PREPAID,
        )

    def judge_roaming(self) -> Decision:
        """What the rule says of a roaming card of another provider."""
        facts = Facts(at=self.at, customer_status="active", card_roams=True)
        return decide(as_customer(facts, has_card=True), self.terms)

    def annotated(self, customers: Any) -> Any:
        """The provider's customers among these, each with the ``FACTS`` that the rule looks at."""
        roams = Exists(self._roaming_cards().filter(customer=OuterRef("pk"))) if self.roaming else Value(False)
        return self._annotated(customers, roams)

    def _annotated(self, customers: Any, roams: Any) -> Any:
        return customers.filter(provider_id=self.group.provider_id).annotate(
            excepted=FilteredRelation("exceptions", condition=self._exception_in_force()),
            same_user_group=ExpressionWrapper(Q(user_group_id=self.group.user_group_id), BooleanField()),
            roams=ExpressionWrapper(roams, BooleanField()),
            exception_access=F("excepted__access"),
            exception_tariff=F("excepted__tariff_id"),
        )

    def _exception_in_force(self) -> Q:
        begun = Q(exceptions__valid_from=None) | Q(exceptions__valid_from__lte=self.at)
        not_over = Q(exceptions__valid_until=None) | Q(exceptions__valid_until__gt=self.at)
        return Q(exceptions__charge_group=self.group) & begun & not_over

    @property
    def roaming(self) -> bool:
        """Cards are not looked at where the group is closed to roaming."""
        return self.stored is not None and self.stored.roaming

    def _roaming_cards(self) -> Any:
        """The provider's active, valid cards that roam."""
        begun = Q(valid_from=None) | Q(valid_from__lte=self.at)
        not_over = Q(valid_until=None) | Q(valid_until__gt=self.at)
        cards = ChargeCard.objects.filter(provider_id=self.group.provider_id, roaming=True)
        return cards.filter(begun, not_over, status=ChargeCard.Status.ACTIVE)

    def standings(self, customers: Any) -> list[Standing]:
        """Every distinct set of facts among these customers, with how many share it, judged once."""
        return [self._standing(key, count) for key, count in self._counted(customers).items() if count > 0]

    def _counted(self, customers: Any) -> Counter[tuple[Any, ...]]:
        """One grouped query, and one more for those whose cards roam: to look at every customer's cards costs more."""
        counts = Counter(_grouped(self._annotated(customers, Value(False))))
        if self.roaming:
            holders = customers.filter(pk__in=self._roaming_cards().values("customer_id"))
            roaming = Counter(_grouped(self._annotated(holders, Value(True))))
            counts.subtract({_replaced(key, roams=False): count for key, count in roaming.items()})
            counts.update(roaming)
        return counts

    def _standing(self, key: tuple[Any, ...], count: int) -> Standing:
        facts = dict(zip(FACTS, key, strict=True))
        return Standing(**facts, count=count, decision=self.judge(facts))

    def among(self, customers: Any, standings: Iterable[Standing]) -> Any:
        """Those of the customers whose facts are among these sets."""
        sets = [Q(**_lookups(each.key)) for each in standings]
        return self.annotated(customers).filter(Q.create(sets, connector=Q.OR)) if sets else customers.none()

    def standing_of(self, customer: Any) -> Standing:
        """How one annotated customer is judged."""
        return self._standing(tuple(getattr(customer, fact) for fact in FACTS), 1)


def _grouped(annotated: Any) -> dict[tuple[Any, ...], int]:
    rows = annotated.order_by().values_list(*FACTS).annotate(count=Count("pk"))
    return {tuple(row[:-1]): row[-1] for row in rows}


def _replaced(key: tuple[Any, ...], **facts: Any) -> tuple[Any, ...]:
    return tuple(facts.get(fact, value) for fact, value in zip(FACTS, key, strict=True))


def _lookups(key: tuple[Any, ...]) -> dict[str, Any]:
    facts = zip(FACTS, key, strict=True)
    return {f"{fact}__isnull" if value is None else fact: True if value is None else value for fact, value in facts}


Audience = Literal["own", "other", "allowed", "denied", "priced"]


def audience_of(standing: Standing) -> Audience:
    """In which row of "Tariff and access" a set of facts is counted."""
    if standing.exception_access in ("allowed", "denied"):
        return standing.exception_access  # type: ignore[return-value]
    if standing.exception_tariff is not None:
        return "priced"
    return "own" if standing.same_user_group else "other"
