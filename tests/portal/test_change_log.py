"""The log of changes that were made, are to come, were cancelled or undone."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from changes.apply import apply_change, preview_change
from changes.cancel import cancel_change
from changes.models import Change
from changes.proposals import CustomerMoves, ExceptionChanges, NewTerms, NewVersion, ProposedException
from changes.proposals.points import GroupClosure, PointMoves
from changes.undo import undo_proposal
from chargegroups.models import Terms
from chargepoints.authorization import authorize
from chargepoints.models import ChargePoint
from customers.models import Customer, Notice
from evcnet.datetimes import database_clock
from tariffs.models import Tariff
from tariffs.pricing import Component, Element
from tariffs.pricing import Tariff as PriceList
from tests import factories as make
from tests.portal.sent import sent

pytestmark = pytest.mark.django_db


def made(proposal, at=None, **options):
    shown = preview_change(proposal, at).impact
    return apply_change(proposal, fingerprint=shown.fingerprint, at=at, **options).change


def per_kwh(price):
    from decimal import Decimal

    return PriceList("EUR", (Element((Component("ENERGY", Decimal(price)),)),))


def soon(hours=1):
    return database_clock() + timedelta(hours=hours)


def page_of(change, view="change"):
    return reverse(f"admin:changes_change_{view}", args=[change.pk])


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


LIST = "/changes/change/"


def test_a_change_says_who_when_why_and_what(world, signed_in):
    change = made(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.ben, reason="spring", notify="all")
    text = text_of(signed_in(world.anna).get(page_of(change)))
    for words in ("Ben", "spring", "Standard", "Cheap", "customer pays less", "0.20 EUR/kWh"):
        assert words in text
    assert "Waits to be mailed" in text


def test_what_was_shown_is_kept_with_its_prices(world):
    change = made(NewTerms(world.leusden, {"tariff": world.cheap}))
    (part,) = change.impact["parts"]
    assert (part["effect"], part["count"]) == ("pays_less", 1)
    assert part["before"].startswith("Standard 0.35") and part["after"].startswith("Cheap 0.20")


KINDS = {
    "terms": lambda world: NewTerms(world.leusden, {"tariff": world.cheap}),
    "version": lambda world: NewVersion(world.standard, per_kwh("0.39")),
    "exceptions": lambda world: ExceptionChanges([ProposedException(world.leusden, world.jansen, "denied")]),
    "customers": lambda world: CustomerMoves.to([world.jansen], world.south),
    "points": lambda world: PointMoves.to([world.market], None),
    "closing": lambda world: GroupClosure(world.leusden),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_page_and_is_undone_from_it(world, signed_in, kind):
    change = made(KINDS[kind](world))
    anna = signed_in(world.anna)
    assert "Undo…" in text_of(anna.get(page_of(change)))
    shown = anna.get(page_of(change, "undo"))
    action = shown.context["wizard"].address
    assert "Nothing has been written yet" in text_of(shown)
    assert Change.objects.count() == 1
    anna.post(
        action,
        sent(
            shown, action, step="confirm", named={"version": "STANDARD", "customers": "NORTH"}.get(kind, "CG-LEUSDEN")
        ),
    )
    undone = Change.objects.exclude(pk=change.pk).get()
    assert undone.undoes == change
    assert authorize("04AA11", "NLGRGE0001", database_clock()).price_text == "0.35 EUR/kWh, VAT not stated"
    assert "Undone by" in text_of(anna.get(page_of(change)))


def test_undoing_terms_can_be_edited_first(world, signed_in):
    change = made(NewTerms(world.leusden, {"tariff": world.cheap, "roaming": True}))
    anna = signed_in(world.anna)
    shown = anna.get(page_of(change, "undo"))
    action = shown.context["wizard"].address
    form = sent(anna.post(action, sent(shown, action, step="edit")), action)
    assert form["tariff"] == ["STANDARD"]
    assert "roaming" not in form


def test_a_sub_provider_undoes_its_change_though_what_it_replaced_is_not_offered(world, signed_in):
    make.TariffFactory(provider=world.greengrid, user_group=world.north, code="OWN", per_kwh="0.40")
    change = made(NewTerms(world.leusden, {"tariff": Tariff.objects.get(code="OWN")}))
    assert world.standard not in Tariff.objects.visible_to(world.carla, "use")
    carla = signed_in(world.carla)
    shown = carla.get(page_of(change, "undo"))
    action = shown.context["wizard"].address
    carla.post(action, sent(shown, action, step="confirm", named="CG-LEUSDEN"))
    assert authorize("04AA11", "NLGRGE0001", database_clock()).decision.tariff.code == "STANDARD"
    assert Change.objects.get(undoes=change).made_by == world.carla


def test_a_change_that_cannot_be_undone_says_why(world, signed_in):
    east = make.UserGroupFactory(provider=world.greengrid)
    change = made(CustomerMoves.to([make.CustomerFactory(user_group=east)], world.south))
    east.delete()
    told = signed_in(world.anna).get(page_of(change, "undo"), follow=True)
    assert "1 user group is not there any more" in text_of(told)
    assert Change.objects.count() == 1


def test_a_scheduled_change_shows_its_impact_of_today(world, signed_in):
    change = made(NewTerms(world.leusden, {"tariff": world.cheap}), soon())
    make.CustomerFactory(user_group=world.north)
    response = signed_in(world.anna).get(page_of(change))
    counts = {bar.effect: bar.count for bar in response.context["today"]["bars"]}
    assert counts["pays_less"] == 2
    recorded = {bar.effect: bar.count for bar in response.context["recorded"]["bars"]}
    assert recorded["pays_less"] == 1


def test_a_scheduled_version_shows_its_impact_of_today(world, signed_in):
    change = made(NewVersion(world.standard, per_kwh("0.39")), soon())
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, tariff=world.standard)
    response = signed_in(world.anna).get(page_of(change))
    assert {bar.effect: bar.count for bar in response.context["today"]["bars"]}["pays_more"] == 2


def test_the_affected_of_a_scheduled_change_are_listed_and_downloaded(world, signed_in):
    change = made(NewTerms(world.leusden, {"tariff": world.cheap}), soon())
    anna = signed_in(world.anna)
    assert "Jansen" in text_of(anna.get(page_of(change, "affected")))
    rows = b"".join(anna.get(page_of(change, "affected") + "?step=csv")).decode().splitlines()
    assert rows[1].startswith("1001,")
    assert anna.get(page_of(change, "affected") + "?effect=nonsense&after=x").status_code == 200


def test_scheduled_changes_of_one_group_name_each_other(world, signed_in):
    first = made(NewTerms(world.leusden, {"tariff": world.cheap}), soon(1))
    second = made(NewTerms(world.leusden, {"roaming": True}), soon(2))
    assert signed_in(world.anna).get(page_of(first)).context["conflicts"] == [second]


def test_a_scheduled_change_is_cancelled_after_a_page_that_says_who_is_told(world, signed_in):
    at = soon()
    change = made(NewTerms(world.leusden, {"own_user_group": False}), at, notify="all")
    anna = signed_in(world.anna)
    page = text_of(anna.get(page_of(change, "cancel")))
    assert "What would have come, as it looks today" in page
    assert "1 customer loses access" in page
    assert "1 letter that reached nobody yet stays unsent" in text_of(anna.get(page_of(change, "cancel")))
    Notice.objects.update(state="sent")
    assert "1 customer was told that it would come" in text_of(anna.get(page_of(change, "cancel")))
    assert Change.objects.get().cancelled_at is None
    told = anna.post(page_of(change, "cancel"), follow=True)
    assert "is cancelled" in text_of(told)
    assert authorize("04AA11", "NLGRGE0001", at).verdict == "ALLOWED"
    again = anna.post(page_of(change, "cancel"), follow=True)
    assert "Only a scheduled change can be cancelled" in text_of(again)


def test_what_took_effect_is_not_cancelled(world, signed_in):
    change = made(NewTerms(world.leusden, {"tariff": world.cheap}))
    anna = signed_in(world.anna)
    assert "be cancelled any more: undo it instead" in text_of(anna.get(page_of(change, "cancel")))
    anna.post(page_of(change, "cancel"))
    assert Terms.objects.filter(charge_group=world.leusden).count() == 2
    assert Change.objects.get().cancelled_at is None


def test_undoing_what_is_to_come_leads_to_cancelling_it(world, signed_in):
    change = made(NewTerms(world.leusden, {"tariff": world.cheap}), soon())
    assert signed_in(world.anna).get(page_of(change, "undo"))["Location"] == page_of(change, "cancel")


def test_the_list_begins_with_what_comes_next(world, signed_in):
    done = made(NewTerms(world.leusden, {"other_user_groups": True}))
    later = made(NewTerms(world.leusden, {"roaming": True}), soon(5))
    next_one = made(NewTerms(world.leusden, {"tariff": world.cheap}), soon(2))
    gone = made(NewTerms(world.leusden, {"own_user_group": False}), soon(3))
    cancel_change(gone, world.anna)
    response = signed_in(world.anna).get(LIST)
    assert [row.pk for row in response.context["cl"].result_list] == [next_one.pk, later.pk, gone.pk, done.pk]
    only = signed_in(world.anna).get(LIST + "?state=cancelled")
    assert [row.pk for row in only.context["cl"].result_list] == [gone.pk]


@pytest.mark.parametrize("query", ["?state=x", "?kind__exact=x", "?groups__id__exact=x", "?q=%00", "?o=99"])
def test_nonsense_in_the_address_never_fails(world, signed_in, query):
    made(NewTerms(world.leusden, {"tariff": world.cheap}))
    assert signed_in(world.anna).get(LIST + query).status_code in (200, 302)


def test_changes_of_another_provider_are_neither_listed_nor_opened(world, signed_in):
    change = made(NewTerms(world.leusden, {"tariff": world.cheap}))
    otto = signed_in(world.otto)
    assert "Leusden" not in text_of(otto.get(LIST))
    for view in ("change", "undo", "cancel", "affected"):
        assert otto.get(page_of(change, view)).status_code == 404


def test_a_sub_provider_sees_changes_of_its_groups_only(world, signed_in):
    elsewhere = make.ChargeGroupFactory(user_group=world.south)
    south = made(NewTerms(elsewhere, {"roaming": True}))
    north = made(NewTerms(world.leusden, {"roaming": True}))
    carla = signed_in(world.carla)
    assert [row.pk for row in carla.get(LIST).context["cl"].result_list] == [north.pk]
    assert carla.get(page_of(south)).status_code == 404


def test_a_sub_provider_takes_back_its_own_and_not_what_the_provider_did(world, signed_in):
    version = made(NewVersion(world.standard, per_kwh("0.39")), soon(2))
    terms = made(NewTerms(world.leusden, {"roaming": True}), soon(3))
    carla = signed_in(world.carla)
    assert carla.post(page_of(version, "cancel")).status_code == 403
    carla.post(page_of(terms, "cancel"))
    assert set(Change.objects.filter(cancelled_at=None)) == {version}


@pytest.mark.parametrize("who", ["hugo", "rita"])
def test_who_only_reads_sees_the_change_and_takes_nothing_back(world, signed_in, who):
    change = made(NewTerms(world.leusden, {"roaming": True}), soon())
    browser = signed_in(getattr(world, who))
    assert "Cancel…" not in text_of(browser.get(page_of(change)))
    assert browser.post(page_of(change, "cancel")).status_code == 403
    past = made(NewTerms(world.leusden, {"other_user_groups": True}))
    assert browser.get(page_of(past, "undo")).status_code == 403
    assert Change.objects.filter(cancelled_at=None).count() == 2


def test_a_record_names_no_customer_out_of_sight(world, signed_in):
    both = make.ChargeGroupFactory(user_group=world.north)
    change = made(ExceptionChanges([ProposedException(both, world.bakker, "denied", note="unpaid")]))
    assert "Bakker" not in text_of(signed_in(world.carla).get(page_of(change)))
    assert "Bakker" in text_of(signed_in(world.anna).get(page_of(change)))


def test_the_timeline_shows_past_present_and_what_comes(world, signed_in):
    change = made(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.ben)
    coming = made(NewTerms(world.leusden, {"roaming": True}), soon(), by=world.ben)
    response = signed_in(world.anna).get(reverse("admin:chargegroups_chargegroup_access", args=[world.leusden.pk]))
    moments = response.context["timeline"].moments
    assert [(moment.state, moment.change) for moment in moments] == [
        ("scheduled", coming), ("now", change), ("past", None)]  # fmt: skip
    assert moments[1].price.text.startswith("0.20")
    text = text_of(response)
    assert page_of(coming, "cancel") in text and page_of(change) in text


class TestThen:
    def asked(self, browser, world, at, **params):
        page = reverse("admin:chargegroups_chargegroup_then", args=[world.leusden.pk])
        return browser.get(page, {"at": at if isinstance(at, str) else at.isoformat(), **params})

    def rows(self, response):
        return {(row.reason, row.allowed): row.count for row in response.context["rows"]}

    @pytest.mark.django_db(transaction=True)
    def test_a_past_moment_answers_with_the_state_of_then(self, world, signed_in):
        first = database_clock()
        made(ExceptionChanges([ProposedException(world.leusden, world.jansen, "denied")]))
        second = database_clock()
        made(CustomerMoves.to([world.bakker], world.north))
        made(NewTerms(world.leusden, {"tariff": world.cheap}))
        third = database_clock()
        anna = signed_in(world.anna)
        assert self.rows(self.asked(anna, world, first)) == {
            ("own user group", True): 1, ("nothing gives access", False): 1}  # fmt: skip
        assert self.rows(self.asked(anna, world, second)) == {
            ("denied by an exception", False): 1, ("nothing gives access", False): 1}  # fmt: skip
        now = self.asked(anna, world, third)
        assert self.rows(now) == {("denied by an exception", False): 1, ("own user group", True): 1}
        assert [line["customer"].name for line in now.context["lines"]] == ["Bakker, M."]
        assert now.context["lines"][0]["price"].text.startswith("0.20")

    def test_before_the_portal_knew_anybody_customers_count_as_they_were_first_known_and_the_page_says_so(
        self, world, signed_in
    ):
        response = self.asked(signed_in(world.anna), world, datetime(2021, 1, 1, tzinfo=UTC))
        assert self.rows(response) == {("own user group", True): 1, ("nothing gives access", False): 1}
        assert "2 customers of them the portal has known only since" in text_of(response)
        assert "not known yet" in text_of(response)

    @pytest.mark.parametrize("at", ["nonsense", "2026-13-01", "\0", "99999-01-01"])
    def test_what_is_no_moment_is_told_and_now_is_answered(self, world, signed_in, at):
        response = self.asked(signed_in(world.anna), world, at)
        assert response.context["wrong"]

    def test_a_search_finds_by_name_and_number(self, world, signed_in):
        anna, now = signed_in(world.anna), soon(1)
        assert len(self.asked(anna, world, now, q="jans").context["lines"]) == 1
        assert not self.asked(anna, world, now, q="%").context["lines"]
        assert len(self.asked(anna, world, now, q="10", access="all").context["lines"]) == 2

    def test_a_sub_provider_sees_its_own_customers_only(self, world, signed_in):
        response = self.asked(signed_in(world.carla), world, soon(1), access="all")
        assert [line["customer"].name for line in response.context["lines"]] == ["Jansen, T."]
        assert sum(row.count for row in response.context["rows"]) == 1

    def test_a_group_of_another_provider_looks_like_none(self, world, signed_in):
        assert self.asked(signed_in(world.otto), world, soon(1)).status_code == 404


def test_no_customer_and_no_point_is_lost_by_undoing(world):
    """What undoing brings back is what was, row by row."""
    before = (
        list(Customer.objects.order_by("pk").values()),
        list(ChargePoint.objects.order_by("pk").values("pk", "status")),
    )

    for kind in ("customers", "points", "closing"):
        made(undo_proposal(made(KINDS[kind](world))))
        for row in (world.leusden, world.market, world.jansen):
            row.refresh_from_db()
    after = (
        list(Customer.objects.order_by("pk").values()),
        list(ChargePoint.objects.order_by("pk").values("pk", "status")),
    )
    assert after == before
