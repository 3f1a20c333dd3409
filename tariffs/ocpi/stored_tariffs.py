"""The stored tariffs of a provider beside the objects of a feed, and what is to be done for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from customers.models import Provider
from evcnet.datetimes import database_clock
from tariffs.models import Tariff
from tariffs.ocpi.feed_tariffs import TariffFeed
from tariffs.ocpi.tariff_object import TariffObject
from tariffs.ocpi.version_plan import VersionPlan, object_versions, plan_versions
from tariffs.pricing.problems import Problem


@dataclass(eq=False)
class TariffRow:
    """The objects of one tariff beside the stored or the new one, and what is to be done."""

    objects: Sequence[TariffObject]
    tariff: Tariff
    plan: VersionPlan
    is_new: bool

    @property
    def id(self) -> str:
        return self.objects[0].id


class StoredTariffs:
    """The provider's tariffs with all their versions, and what the feed said of them."""

    def __init__(self, provider: Provider, feed: str) -> None:
        self.provider, self.now = provider, database_clock()
        self.feed = TariffFeed(provider, feed)
        self.mine = self.feed.only_mine
        self.by_code = {
            tariff.code: tariff
            for tariff in Tariff.objects.filter(provider=provider).prefetch_related("versions__elements")
        }

    def row(self, objects: Sequence[TariffObject]) -> TariffRow | None:
        """What is to be done for the objects of one tariff; nothing where they get a problem now."""
        code, currency = objects[0].tariff, objects[0].currency
        stored = self.by_code.get(code)
        tariff = stored or Tariff(provider=self.provider, code=code, name=code, currency=currency)
        versions = sorted(stored.versions.all(), key=lambda each: each.valid_from) if stored else []
        problem = _currency_problem(tariff, objects, bool(versions))
        if problem is None:
            plan = plan_versions(versions, self.mine, object_versions(tariff, objects), self.now)
            problem = plan.problem
        if problem is not None:
            for each in objects:
                each.problems.append(problem)
            return None
        return TariffRow(objects, tariff, plan, stored is None)


def _currency_problem(tariff: Tariff, objects: Sequence[TariffObject], has_versions: bool) -> Problem | None:
    others = {each.currency for each in objects} - {tariff.currency}
    if not others:
        return None
    if has_versions or len(objects) > 1:
        reason = f"is {others.pop()}, while the tariff has versions in {tariff.currency}"
        return Problem("currency", reason, "give the tariff another id")
    tariff.currency = others.pop()
    return None
