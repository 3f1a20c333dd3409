"""Pages of partners: what staff read there, make and connect, and who may."""

from __future__ import annotations

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from customers.models import AuditEntry
from roaming.models import Agreement, Partner, PartnerConnection
from roaming.ocpi.partner_view import PartnerView
from tests import factories as make
from tests.portal.forms import page_form
from tests.roaming.ocpi.conftest import CONNECTOR, put_on_map
from tests.roaming.ocpi.partner_server import PartnerServer

pytestmark = pytest.mark.django_db


def page(partner, view="change") -> str:
    return f"/roaming/partner/{partner.pk}/{view}/"


class TestTheList:
    def test_tells_agreement_tokens_and_connection_of_each_partner(self, roaming, signed_in):
        make.PartnerTokenFactory.create_batch(3, partner=roaming.chargeall)
        text = signed_in(roaming.ben).get("/roaming/partner/").content.decode()

        assert "ChargeAll" in text and "DE-CHA" in text and "Agreed" in text
        assert "price of the charge group" in text  # of Wattfinder
        assert "Not connected" in text

    def test_costs_no_more_queries_with_more_partners(self, roaming, signed_in, django_assert_max_num_queries):
        make.PartnerFactory.create_batch(20, provider=roaming.greengrid)
        browser = signed_in(roaming.ben)
        browser.get("/roaming/partner/")
        with django_assert_max_num_queries(16):
            browser.get("/roaming/partner/")

    def test_shows_nothing_of_another_provider(self, roaming, signed_in):
        assert "ChargeAll" not in signed_in(roaming.otto).get("/roaming/partner/").content.decode()
        assert signed_in(roaming.otto).get(page(roaming.chargeall)).status_code in (302, 404)


class TestAdding:
    @pytest.fixture
    def add(self, roaming, signed_in):
        browser, form = signed_in(roaming.anna), "/roaming/partner/add/"

        def add(**fields):
            typed = {"name": "Voltaire", "country_code": "FR", "party_id": "VOL", "role": "EMSP"}
            return browser.post(form, page_form(browser.get(form)) | typed | fields)

        return add

    def test_leads_to_the_connection(self, add):
        answer = add(**{
            "agreements-TOTAL_FORMS": "1", "agreements-0-valid_from": "2026-12-01", "agreements-0-tariff": "",
        })  # fmt: skip
        made = Partner.objects.get(party_id="VOL")
        assert answer.headers["Location"] == page(made, "connection")
        assert Agreement.objects.get(partner=made).provider_id == made.provider_id

    def test_the_party_of_another_partner_is_refused_and_nothing_is_written(self, add):
        assert (
            "Another partner has this country and party id" in add(country_code="DE", party_id="CHA").content.decode()
        )
        assert not Partner.objects.filter(name="Voltaire").exists()


class TestGroupsAndPrices:
    def test_tells_what_its_customers_pay_by_the_agreement_or_by_the_group(self, roaming, signed_in):
        browser = signed_in(roaming.ben)
        assert "0.29" in browser.get(page(roaming.chargeall, "groups")).content.decode()
        assert "0.20" in browser.get(page(roaming.wattfinder, "groups")).content.decode()

    def test_only_points_count_as_shown_that_the_partner_is_given(self, roaming, signed_in):
        for connectors, complete in (
            (["IEC_62196_T2"], True),
            ([], True),
            (["IEC_62196_T2", "PLUG"], True),
            (["IEC_62196_T2"], False),
        ):
            point = make.ChargePointFactory(charge_group=roaming.leusden)
            for number, standard in enumerate(connectors):
                point.connectors.create(ocpi_id=str(number), **CONNECTOR | {"standard": standard})
            put_on_map(point.location, **{} if complete else {"latitude": None})
        (row,) = signed_in(roaming.ben).get(page(roaming.chargeall, "groups")).context["rows"]

        given = PartnerView(roaming.chargeall, "2.2.1")
        evses = [evse for each in given.write_locations(list(given.locations())) for evse in each["evses"]]
        assert row["published"] == len(evses) == given.points().count() == 1
        assert row["points"] == roaming.leusden.chargepoint_set.count() > 4

    def test_without_an_agreement_nothing_is_open(self, roaming, signed_in):
        lonely = make.PartnerFactory(provider=roaming.greengrid, agreed=False)
        text = signed_in(roaming.ben).get(page(lonely, "groups")).content.decode()
        assert "No agreement is in force" in text
        assert "Leusden centre" not in text


class TestConnection:
    def test_a_token_is_shown_once_and_kept_as_its_hash(self, roaming, signed_in):
        browser = signed_in(roaming.anna)
        answer = browser.post(page(roaming.chargeall, "connection/invite"))
        token = answer.context["secret"]

        assert "no-store" in answer.headers["Cache-Control"]
        assert token not in browser.get(page(roaming.chargeall, "connection")).content.decode()
        assert PartnerConnection.objects.get(partner=roaming.chargeall).state == "invited"
        assert AuditEntry.objects.filter(event="partner_connection", login=roaming.anna).count() == 1

    def test_by_the_partners_token_we_register_there(self, roaming, signed_in, settings):
        settings.OCPI_ALLOW_PRIVATE = True
        server = PartnerServer()
        server.answers["POST", "/2.3.0/credentials"] = {
            "token": "C-of-theirs",
            "url": server.url("/versions"),
            "roles": [],
        }
        typed = {"url": server.url("/versions"), "token_password": "A-of-theirs"}
        jobs = ProcrastinateJob.objects.order_by("id").values_list("task_name", flat=True)
        assert not jobs.all()
        answer = signed_in(roaming.anna).post(page(roaming.chargeall, "connection/connect"), typed)
        server.close()
        assert answer.status_code == 302, answer.content.decode()
        assert PartnerConnection.objects.get(partner=roaming.chargeall).state == "registered"
        assert list(jobs) == ["pull_tokens_of_partner", "push_changes_of_partner"]

    def test_a_partner_that_is_not_reached_keeps_what_was_typed_and_connects_nothing(self, roaming, signed_in):
        typed = {"url": "https://127.0.0.1:9/versions", "token_password": "A-of-theirs"}
        text = signed_in(roaming.anna).post(page(roaming.chargeall, "connection/connect"), typed).content.decode()

        assert "Not connected." in text
        assert typed["url"] in text and "A-of-theirs" not in text
        assert PartnerConnection.objects.get(partner=roaming.chargeall).state == "ended"
        assert not AuditEntry.objects.filter(event="partner_connection").exists()

    def test_it_is_ended_by_a_button(self, roaming, signed_in):
        browser = signed_in(roaming.anna)
        browser.post(page(roaming.chargeall, "connection/invite"))
        browser.post(page(roaming.chargeall, "connection/end"))
        stored = PartnerConnection.objects.get(partner=roaming.chargeall)
        assert (stored.state, stored.token_hash) == ("ended", None)

    @pytest.mark.parametrize("what", ["invite", "connect", "end"])
    def test_who_only_reads_sees_no_button_and_changes_nothing(self, roaming, signed_in, what):
        browser = signed_in(roaming.rita)
        assert "Make a token A" not in browser.get(page(roaming.chargeall, "connection")).content.decode()
        assert browser.post(page(roaming.chargeall, f"connection/{what}")).status_code == 403
        assert not PartnerConnection.objects.exists()
