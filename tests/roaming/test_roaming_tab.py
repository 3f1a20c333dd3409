"""The tab "Roaming" of a charge group: who gets in by it, and who sees, uses and pays what."""

from __future__ import annotations

import re

import pytest

from chargepoints.models import Location
from customers.models import ChargeCard
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def tab(roaming, signed_in):
    """The page as somebody reads it, without tags."""

    def tab(login, group=None):
        page = signed_in(login).get(f"/chargegroups/chargegroup/{(group or roaming.leusden).pk}/roaming/")
        assert page.status_code == 200
        return page.context, " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())

    return tab


def test_it_tells_who_gets_in_cards_and_partners_with_their_price(roaming, tab):
    ChargeCard.objects.filter(pk=roaming.jansens_card.pk).update(roaming=True)
    make.PartnerTokenFactory.create_batch(2, partner=roaming.chargeall)
    make.PartnerTokenFactory(partner=roaming.chargeall, valid=False)
    context, text = tab(roaming.ben)

    assert "Roaming is on" in text and "1 active card of yours has the flag" in text
    partners = {row.agreement.partner.name: (row.tokens, row.allowed, row.price.code) for row in context["partners"]}
    assert partners == {"ChargeAll": (2, True, "AGREED"), "Wattfinder": (0, True, "CHEAP")}


def test_with_roaming_off_no_partners_customer_may_charge(roaming, tab):
    make.TermsFactory(
        charge_group=roaming.leusden, tariff=roaming.standard, valid_from=make.LONG_AGO.replace(year=2022)
    )
    context, text = tab(roaming.ben)

    assert "Roaming is off" in text
    assert not any(row.allowed or row.price for row in context["partners"])


def test_a_partner_without_an_agreement_in_force_is_no_line(roaming, tab):
    make.PartnerFactory(provider=roaming.greengrid, name="Lonely", agreed=False)
    make.PartnerFactory(provider=roaming.bluevolt, name="Fjordpartner")
    _, text = tab(roaming.ben)
    assert "Lonely" not in text and "Fjordpartner" not in text


def test_who_may_not_see_partners_reads_how_many_there_are(roaming, tab):
    _, text = tab(roaming.carla)
    assert "2 partners have an agreement in force" in text
    assert "ChargeAll" not in text and "Wattfinder" not in text


def test_prices_agreed_with_partners_are_read_by_those_alone_who_see_the_provider_s_partners(roaming, tab):
    reads_north = make.StaffMemberFactory(role="read_only", user_group=roaming.north)
    for login in (roaming.carla, reads_north):
        context, text = tab(login)
        assert "0.29" not in text and "Agreed" not in text and "ChargeAll" not in text
        (row,) = [each for each in context["matrix"] if each.who == "Customers of roaming partners"]
        assert (row.uses, [each.code for each in row.prices]) == ("yes", ["CHEAP"])
        assert "what was agreed with each partner" in text
    assert "0.29" in tab(roaming.ben)[1]


class TestTheMatrix:
    def rows(self, tab, login):
        context, _ = tab(login)
        return {row.who: (row.sees, row.uses, [each.code for each in row.prices]) for row in context["matrix"]}

    def test_published_and_roaming_are_two_switches(self, roaming, tab):
        Location.objects.filter(pk=roaming.market.location_id).update(published=True)
        rows = self.rows(tab, roaming.ben)
        assert rows["Customers of North"] == ("apps of others", "yes", ["STANDARD"])
        assert rows["Customers of your other user groups"] == ("apps of others", "no", [])
        assert rows["Customers of roaming partners"] == ("by OCPI", "yes", ["AGREED", "CHEAP"])
        assert rows["Everybody else"] == ("apps of others", "no", [])

    def test_some_partners_may_charge_where_the_price_list_of_others_is_not_in_force(self, roaming, tab):
        expired = make.TariffFactory(
            provider=roaming.greengrid, code="LATER", valid_from=make.LONG_AGO.replace(year=2099)
        )
        roaming.chargeall.agreements.update(tariff=expired)
        assert self.rows(tab, roaming.ben)["Customers of roaming partners"][1:] == ("some", ["CHEAP"])

    def test_unpublished_nobody_sees_it_and_access_is_the_same(self, roaming, tab):
        rows = self.rows(tab, roaming.ben)
        assert {sees for sees, _, _ in rows.values()} == {""}
        assert rows["Customers of roaming partners"][1:] == ("yes", ["AGREED", "CHEAP"])


def test_agreements_stand_among_the_uses_of_their_price_list_for_who_sees_partners(roaming, signed_in):
    def text(login):
        return signed_in(login).get(f"/tariffs/tariff/{roaming.agreed.pk}/uses/").content.decode()

    assert "1 agreement with roaming partners" in text(roaming.ben) and "ChargeAll" in text(roaming.ben)
    roaming.chargeall.agreements.update(valid_until=make.LONG_AGO.replace(year=2024))
    assert "0 agreements with roaming partners" in text(roaming.ben)
    make.CustomerExceptionFactory(charge_group=roaming.leusden, customer=roaming.jansen, tariff=roaming.agreed)
    assert "roaming partners" not in text(roaming.carla)


def test_each_location_has_its_switch_for_who_may_publish(roaming, tab, signed_in):
    Location.objects.filter(pk=roaming.market.location_id).update(published=True)
    _, text = tab(roaming.ben)
    assert "Don't publish" in text
    _, text = tab(roaming.rita)
    assert "Don't publish" not in text
