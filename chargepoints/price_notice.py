"""What a public price page and a price sheet say: prices at one charge point, or in a charge group, for everybody to read.

Rule (docs/terms.md, "Price pages"): it shows the tariffs that the terms in force name, by their versions in force, including
VAT first; prices of single customers, and who may charge, are nobody else's business. Where nobody could pay a price it says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from babel.dates import format_date
from babel.numbers import format_currency

from chargegroups.access_summary import access_summaries
from chargegroups.models import Terms
from chargegroups.terms import SLOTS
from chargepoints.models import ChargePoint, PricePage
from chargepoints.price_texts import TEXTS
from customers.models import LetterSettings
from tariffs.current_price import CurrentPrice
from tariffs.models import TariffVersion
from tariffs.pricing import Tariff as PriceList
from tariffs.pricing import price_session, price_texts
from tariffs.pricing.price_words import PRICE_WORDS
from tariffs.pricing.reference_sessions import STREET

LOCALES = {"en": "en_GB"}
_WHO = {"tariff": "everyone", "prepaid_tariff": "prepaid", "roaming_tariff": "roaming"}


@dataclass(frozen=True)
class PriceLine:
    """What one kind of customer pays, in both readings, and what the example costs; ``excl_vat`` empty where it is the same."""

    who: str
    incl_vat: str
    excl_vat: str
    example: str


@dataclass(frozen=True)
class ComingPrice:
    """The prices from a day on."""

    since: str
    lines: tuple[PriceLine, ...]


class PriceNotice:
    """Of one page at a moment, in one of the languages of ``TEXTS``."""

    def __init__(self, page: PricePage, at: datetime, language: str) -> None:
        self.page, self.at, self.language = page, at, language
        self.words, self.locale = TEXTS[language], LOCALES.get(language, language)
        self.zone = page.provider.zone
        self.letters = LetterSettings.of(page.provider)

    @property
    def point(self) -> ChargePoint | None:
        return self.page.charge_point

    @property
    def title(self) -> str:
        thing = self.point or self.page.charge_group
        assert thing is not None  # the database holds one of them
        return thing.name or (self.point.identity if self.point else "")

    @cached_property
    def lines(self) -> tuple[PriceLine, ...]:
        """One for each price there is; none where nobody can pay any."""
        return self._lines_at(self.at)

    @property
    def is_out_of_service(self) -> bool:
        return self.point is not None and self.point.status != ChargePoint.Status.ACTIVE

    @cached_property
    def of_other_providers(self) -> str:
        """What cards of other providers pay, where no line of its own says so."""
        terms = self._terms_at(self.at)
        if terms is None or not terms.roaming:
            return self.words["roaming_closed"]
        return "" if terms.roaming_tariff_id else self.words["roaming_same"]

    @cached_property
    def coming(self) -> ComingPrice | None:
        """The next moment from which something else is paid, of what is scheduled now."""
        before = self.lines
        for moment in self._starts():
            if (then := self._lines_at(moment)) != before:
                return ComingPrice(self.words["from"].format(day=self.moment(moment)), then)
        return None

    def moment(self, moment: datetime) -> str:
        here = moment.astimezone(self.zone)
        day = format_date(here.date(), "long", locale=self.locale)
        return day if (here.hour, here.minute) == (0, 0) else f"{day}, {here:%H:%M}"

    def as_of(self) -> str:
        return self.words["as_of"].format(time=self.moment(self.at))

    @property
    def printed(self) -> str:
        day = format_date(self.at.astimezone(self.zone).date(), "long", locale=self.locale)
        return self.words["printed"].format(day=day)

    @property
    def who_to_ask(self) -> str:
        return self.words["closed_help"].format(who=self.letters.sender)

    @property
    def phone(self) -> str:
        return self.words["questions"].format(phone=self.letters.phone) if self.letters.phone else ""

    def _lines_at(self, moment: datetime) -> tuple[PriceLine, ...]:
        group = self.page.group
        access = access_summaries([group], moment)[group.pk] if group else None
        if access is None or not access.has_price:
            return ()
        return tuple(self._line(price.slot, price.tag, moment) for price in access.prices if price.tag.listed)

    def _line(self, slot: str, tag: CurrentPrice, moment: datetime) -> PriceLine:
        assert tag.listed is not None
        texts = price_texts(tag.listed, PRICE_WORDS[self.language])
        excl_vat = "" if texts.excl_vat == texts.incl_vat else self.words["company"].format(price=texts.excl_vat)
        return PriceLine(self.words[_WHO[slot]], texts.incl_vat, excl_vat, self._example(tag.listed, moment))

    def _example(self, listed: PriceList, moment: datetime) -> str:
        """What the session in the street costs, which all prices of the portal are compared on."""
        session = STREET.on_or_after(moment.astimezone(self.zone).date(), self.page.provider.time_zone)
        cost = price_session(listed, session)
        amount = format_currency(cost.incl_vat, cost.currency, locale=self.locale)
        components = [component for element in listed.elements for component in element.components]
        is_known = all(component.vat is not None or component.price == 0 for component in components)
        return self.words["costs" if is_known else "costs_unknown"].format(amount=amount)

    def _terms_at(self, moment: datetime) -> Terms | None:
        terms: Terms | None = Terms.objects.in_force(moment).filter(charge_group=self.page.group).first()
        return terms

    def _starts(self) -> Iterator[datetime]:
        """When terms of the group, or versions of a tariff that they name, begin or end after now; in order."""
        terms = Terms.objects.filter(charge_group=self.page.group)
        coming = list(terms.scheduled(self.at))
        in_force = self._terms_at(self.at)
        named = {getattr(each, f"{slot}_id") for each in (*coming, *filter(None, [in_force])) for slot in SLOTS}
        versions = TariffVersion.objects.filter(tariff__in=named - {None})
        begin = versions.filter(valid_from__gt=self.at).values_list("valid_from", flat=True)
        end = versions.filter(valid_until__gt=self.at).values_list("valid_until", flat=True)
        yield from sorted({*(each.valid_from for each in coming), *begin, *end})
