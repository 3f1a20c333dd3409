"""A new charge group that takes charge points: whom that affects is shown first, and confirmed."""

import re

import pytest

from changes.apply import apply_now
from changes.models import Change, Way
from changes.proposals import Inapplicable
from changes.proposals.later_terms import KEYS
from changes.proposals.new_rows import NewGroup
from chargegroups.models import ChargeGroup
from chargegroups.terms import SLOTS
from chargepoints.authorization import authorize
from evcnet.datetimes import database_clock
from tests import factories as make
from tests.portal.sent import sent

pytestmark = pytest.mark.django_db

ADD = "/chargegroups/chargegroup/add/"


def typed(world, **answers):
    """A group of South, open to South at 0.20, as it is typed."""
    return {
        "code": "CG-VILLAGE",
        "name": "Village",
        "type": "other",
        "user_group": world.south.pk,
        "tariff": world.cheap.pk,
        "own_user_group": "on",
        "points": [world.market.pk],
    } | answers


def text(response):
    assert response.status_code == 200, response
    return " ".join(response.content.decode().split())


def may_charge(world):
    return {uid: authorize(uid, world.market.identity, database_clock()).verdict for uid in ("04AA11", "04BB22")}


@pytest.fixture
def nothing_written(world):
    """Asserts that no group, no change and no move was made."""

    def check():
        world.market.refresh_from_db()
        assert world.market.charge_group == world.leusden
        assert not ChargeGroup.objects.filter(code="CG-VILLAGE").exists()
        assert not Change.objects.exists()

    return check


def test_who_loses_and_who_gains_access_is_shown_before_anything_is_written(world, signed_in, nothing_written):
    shown = signed_in(world.anna).post(ADD, typed(world))
    counts = shown.context["counts"]
    assert (counts["loses_access"], counts["gains_access"], counts["pays_more"]) == (1, 1, 0)
    page = text(shown)
    assert "CG-LEUSDEN Leusden centre" in page and "CG-VILLAGE Village" in page
    assert "Cheap, 0.20 EUR/kWh" in page and "publicly accessible within own user group" in page.lower()
    nothing_written()


def test_confirming_makes_the_group_and_moves_the_point_as_shown(world, signed_in):
    browser = signed_in(world.anna)
    shown = browser.post(ADD, typed(world))
    response = browser.post(ADD, sent(shown, ADD, step="confirm", named="GRG", reason="village opens"))
    group = ChargeGroup.objects.get(code="CG-VILLAGE")
    assert response["Location"] == f"/chargegroups/chargegroup/{group.pk}/access/"
    assert list(group.chargepoint_set.all()) == [world.market]
    assert (group.terms.get().tariff, group.terms.get().own_user_group) == (world.cheap, True)
    change = Change.objects.get()
    assert (change.preview_note, change.reason, change.kind) == ("shown to Anna", "village opens", "points")
    assert set(change.groups.all()) == {world.leusden, group}
    assert change.impact["counts"] == shown.context["preview"].impact.customers_by_effect
    assert may_charge(world) == {"04AA11": "NOT_ALLOWED", "04BB22": "ALLOWED"}
    record = text(browser.get(f"/changes/change/{change.pk}/change/"))
    assert "shown to Anna" in record and "New charge group CG-VILLAGE Village" in record


def test_who_stays_and_pays_another_price_is_counted_once(world, signed_in):
    shown = signed_in(world.anna).post(ADD, typed(world, user_group=world.north.pk))
    counts = shown.context["counts"]
    assert {effect: count for effect, count in counts.items() if count} == {"pays_less": 1, "unchanged": 1}


def test_a_customer_of_two_of_the_groups_counts_once_by_the_heaviest_effect(world, signed_in):
    dear = make.TariffFactory(provider=world.greengrid, per_kwh="0.30")
    other = make.ChargeGroupFactory(user_group=world.north, terms={"tariff": dear, "own_user_group": True})
    second = make.ChargePointFactory(charge_group=other)
    pays = signed_in(world.anna).post(ADD, typed(world, user_group=world.north.pk, points=[world.market.pk, second.pk]))
    loses = signed_in(world.anna).post(ADD, typed(world, points=[world.market.pk, second.pk]))
    assert [response.context["counts"]["pays_less"] for response in (pays, loses)] == [1, 0]
    assert [response.context["counts"]["loses_access"] for response in (pays, loses)] == [0, 1]
    assert loses.context["impact"].total == 2


def test_what_changed_since_it_was_shown_is_shown_anew(world, signed_in, nothing_written):
    browser = signed_in(world.anna)
    shown = browser.post(ADD, typed(world))
    make.ChargeCardFactory(customer=make.CustomerFactory(user_group=world.south))
    again = browser.post(ADD, sent(shown, ADD, step="confirm"))
    assert again.context["stale"] and again.context["counts"]["gains_access"] == 2
    nothing_written()
    browser.post(ADD, sent(again, ADD, step="confirm", named="GRG"))
    assert Change.objects.get().impact["counts"]["gains_access"] == 2


def test_a_second_click_finds_it_done(world, signed_in):
    browser = signed_in(world.anna)
    confirmation = sent(browser.post(ADD, typed(world)), ADD, step="confirm", named="GRG")
    first, second = browser.post(ADD, confirmation), browser.post(ADD, confirmation)
    assert first["Location"] == second["Location"]
    assert Change.objects.count() == 1


def test_going_back_shows_all_that_was_typed_and_writes_nothing(world, signed_in, nothing_written):
    browser = signed_in(world.anna)
    shown = browser.post(ADD, typed(world, additional_information="by the church"))
    form = browser.post(ADD, sent(shown, ADD, step="edit")).context["adminform"].form
    assert form["additional_information"].value() == "by the church"
    assert form["points"].value() == [str(world.market.pk)]
    assert not form.errors
    nothing_written()


def test_a_form_without_a_preview_takes_nobody_s_access_under_the_lock(world, nothing_written):
    """Whatever the charge points were when the form was read."""
    group = ChargeGroup(provider=world.greengrid, user_group=world.south, code="CG-VILLAGE", name="Village")
    terms = dict.fromkeys(KEYS, False) | dict.fromkeys(SLOTS) | {"tariff": world.cheap}
    with pytest.raises(Inapplicable, match="affects customers"):
        apply_now(NewGroup(group, terms, [world.market]), way=Way.FORM, by=world.anna)
    nothing_written()


def test_terms_that_begin_later_leave_the_points_without_anybody_until_then(world, signed_in):
    shown = signed_in(world.anna).post(ADD, typed(world, user_group=world.north.pk, valid_from="2099-01-01T00:00"))
    assert shown.context["counts"]["loses_access"] == 1
    assert "Nobody can charge there until 1 Jan 2099" in text(shown)


def test_a_group_of_its_own_takes_nothing_from_groups_out_of_sight(world, signed_in, nothing_written):
    """Carla runs North: a point of South is no choice of hers, and a group of South not hers to make."""
    south = make.ChargePointFactory(charge_group=make.ChargeGroupFactory(user_group=world.south))
    browser = signed_in(world.carla)
    for answers in ({"user_group": world.north.pk, "points": [south.pk]}, {"user_group": world.south.pk}):
        response = browser.post(ADD, typed(world, **answers))
        assert response.status_code in (200, 403) and "counts" not in (response.context or {})
    nothing_written()


def test_an_outsider_takes_no_point(world, signed_in, nothing_written):
    answers = typed(world, user_group=world.fjord.pk, tariff=world.foreign.pk)
    response = signed_in(world.otto).post(ADD, answers)
    assert "points" in response.context["adminform"].form.errors
    assert world.market.identity not in text(response)
    nothing_written()


def test_whoever_only_reads_adds_nothing(world, signed_in, nothing_written):
    assert signed_in(world.rita).post(ADD, typed(world)).status_code == 403
    nothing_written()


# The picker


def test_the_picker_says_address_status_and_present_group(world, signed_in):
    page = text(signed_in(world.anna).get(ADD))
    assert world.market.identity in page and str(world.market.location) in page
    assert "leaves CG-LEUSDEN Leusden centre" in page
    assert world.quay.identity not in page


def test_searching_in_the_picker_keeps_what_was_typed_and_chosen(world, signed_in, nothing_written):
    others = make.ChargePointFactory.create_batch(25, charge_group=world.leusden)
    make.ChargePointFactory(charge_group=world.leusden, identity="NLGRGZEBRA")
    answers = typed(world, name="", **{"points-find": "zebra", "points-search": "1"})
    response = signed_in(world.anna).post(ADD, answers)
    page = text(response)
    assert "NLGRGZEBRA" in page and others[0].identity not in page
    assert f'value="{world.market.pk}" checked' in page
    assert "1 charge point chosen, of which 1 leaves CG-LEUSDEN Leusden centre." in page
    assert not response.context["adminform"].form.errors
    nothing_written()


def test_all_matches_are_chosen_at_once_and_travel_on(world, signed_in):
    street = make.LocationFactory(provider=world.greengrid, city="Zwolle")
    many = make.ChargePointFactory.create_batch(60, charge_group=world.leusden, location=street)
    browser = signed_in(world.anna)
    answers = typed(world, points=[], **{"points-find": "zwolle", "points-all": "1"})
    response = browser.post(ADD, answers)
    assert "60 charge points chosen" in text(response)
    ticked = re.findall(r'name="points" value="([\d,]+)"(?: checked| />|>)', text(response))
    assert len(ticked) == 51  # fifty of them are listed
    shown = browser.post(ADD, typed(world, points=ticked))
    assert shown.context["impact"].points == len(many)


def test_the_picker_goes_on_page_by_page(world, signed_in):
    make.ChargePointFactory.create_batch(45, charge_group=world.leusden)
    answers = typed(world, points=[], **{"points-page": "3"})
    assert "41 to 46 of 46" in text(signed_in(world.anna).post(ADD, answers))
