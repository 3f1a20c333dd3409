"""The driver's page: own places, queue, prices, sessions and refusals, by a personal link, in four languages."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from chargepoints.models import DecisionEntry, Hold
from customers.models import Customer
from customers.privacy.erase import erase
from evcnet.errors import DomainError
from socialcharging.links import REQUESTS_A_MINUTE, make_link, withdraw_links
from socialcharging.models import DriverLink, QueueEntry, QueueMail, SocialSettings
from socialcharging.queues import join
from socialcharging.texts import TEXTS
from tests import factories as make
from tests.social.conftest import say, start, stop

pytestmark = pytest.mark.django_db


def address(customer):
    return f"/my/{make_link(customer, None, timezone.now())[1]}/"


def page(customer, query=""):
    return Client().get(address(customer) + query)


def text(customer, query=""):
    return page(customer, query).content.decode()


def press(customer, action, point):
    return Client().post(address(customer), {"action": action, "point": point.pk}, follow=True)


def test_the_page_finds_a_point_and_says_state_price_and_how_many_wait(street):
    join(street.smit, street.market, timezone.now())
    shown = text(street.visser, "?q=station")
    for words in ("Station road", "Charging", "1 driver waits", "0.35 EUR/kWh", "Join the queue"):
        assert words in shown, words
    assert "Smit" not in shown and "Jansen" not in shown


def test_a_driver_finds_a_point_by_its_whole_address(street):
    place = street.market.location
    assert "Station road" in text(street.visser, f"?q={place.address}, {place.city}")
    assert "Station road" not in text(street.visser, "?q=Nowhere road 1, Leusden")


def test_the_words_of_a_group_stand_once_above_its_points_in_the_drivers_language(street):
    make.ChargePointFactory(charge_group=street.leusden, identity="NLGRGE0003", name="Station square")
    SocialSettings.objects.create(provider=street.greengrid, charge_group=street.leusden, words_en="Park straight.")
    shown = text(street.visser, "?q=station")
    assert "Station road" in shown and "Station square" in shown
    assert shown.count("Park straight.") == 1


def test_a_driver_joins_sees_the_place_gets_the_turn_and_leaves(street):
    join(street.smit, street.market, timezone.now())
    assert "You are number 2" in press(street.visser, "join", street.market).content.decode()
    stop(street.market, street.running)
    say(street.market, "available")
    assert "It is your turn" in text(street.smit)
    assert "Held for another driver" in text(street.visser)
    assert "You have left" in press(street.smit, "leave", street.market).content.decode()
    assert "It is your turn" in text(street.visser)


def test_asking_tells_who_charges_and_the_button_is_gone(street):
    assert 'value="ask"' in text(street.visser, "?q=station")
    press(street.visser, "ask", street.market)
    assert QueueMail.objects.get().customer == street.jansen
    assert 'value="ask"' not in text(street.visser, "?q=station")
    assert "Somebody waits" in text(street.jansen)


def test_a_button_at_a_point_out_of_reach_does_nothing(street):
    for point in (street.quay, street.market):
        answer = press(street.bakker, "join", point).content.decode()
        assert "You may not charge there" in answer or "There is no queue" in answer
    assert not QueueEntry.objects.exists()


def test_points_where_the_driver_may_not_charge_are_not_found(street):
    assert "Station road" not in text(street.bakker, "?q=station")
    assert "Station road" not in text(street.olsen, "?q=station")


def test_the_page_shows_own_sessions_and_refusals_and_nobody_elses(street):
    start_ = timezone.now() - timedelta(days=1)
    for number, card in enumerate((street.vissers_card, street.smits_card)):
        DecisionEntry.objects.create(
            at=start_, source="gateway", provider_id=street.greengrid.pk, card_uid=card.uid, identity=f"ID-{number}",
            card=card, customer=card.customer, charge_point=street.market, verdict="BLOCKED", reason="card_expired",
            told="card_expired", facts={}, answer={},
        )  # fmt: skip
    shown = text(street.visser)
    assert shown.count("Your card has expired") == 1
    assert "No sessions yet" in shown


@pytest.mark.parametrize("language", ["en", "nl", "de", "fr"])
def test_the_page_and_its_manifest_are_in_the_drivers_language(street, language):
    Customer.objects.filter(pk=street.visser.pk).update(language=language)
    street.visser.refresh_from_db()
    answer = page(street.visser)
    shown = answer.content.decode()
    assert f'<html lang="{language}">' in shown
    assert escape(TEXTS[language]["title"]) in shown
    manifest = json.loads(Client().get(address(street.visser) + "manifest.webmanifest").content)
    assert (manifest["lang"], manifest["display"]) == (language, "standalone")


def test_every_language_has_the_same_texts_with_the_same_placeholders():
    def shape(words):
        return {key: sorted(part.split("}")[0] for part in text.split("{")[1:]) for key, text in words.items()}

    assert all(shape(words) == shape(TEXTS["en"]) for words in TEXTS.values())


# The link


def test_only_the_hash_of_a_link_is_kept(street):
    link, token = make_link(street.visser, street.anna, timezone.now())
    assert token not in json.dumps(list(DriverLink.objects.values()), default=str)
    assert link.expires_at - link.created_at == timedelta(days=90)


def test_a_link_that_is_over_withdrawn_or_made_up_says_so_politely_and_names_nobody(street):
    over, withdrawn = address(street.visser), address(street.smit)
    DriverLink.objects.filter(customer=street.visser).update(expires_at=timezone.now())
    withdraw_links(street.smit, timezone.now())
    for each in (over, withdrawn, "/my/nobodys/"):
        answer = Client(headers={"accept-language": "nl"}).get(each)
        assert answer.status_code == 410
        assert "werkt niet meer" in answer.content.decode()
        assert "GreenGrid" not in answer.content.decode()


@pytest.mark.parametrize("status", ["blocked", "deactivated", "pending"])
def test_whoever_is_not_active_reads_a_polite_page_and_does_nothing(street, status):
    link = address(street.visser)
    Customer.objects.filter(pk=street.visser.pk).update(status=status)
    answer = Client().post(link, {"action": "join", "point": street.market.pk})
    assert answer.status_code == 403
    assert "not active" in answer.content.decode() and "Visser" not in answer.content.decode()
    assert not QueueEntry.objects.exists()
    street.visser.refresh_from_db()
    with pytest.raises(DomainError):
        make_link(street.visser, None, timezone.now())


def test_an_erasure_withdraws_the_links(street):
    link = address(street.visser)
    erase(street.visser, street.anna)
    assert Client().get(link).status_code == 410


def test_the_page_is_kept_by_no_cache_and_no_search_engine_and_posts_need_the_token_of_the_form(street):
    answer = page(street.visser)
    assert "no-store" in answer["Cache-Control"] and "noindex" in answer["X-Robots-Tag"]
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address(street.visser), {"action": "join", "point": street.market.pk}).status_code == 403
    assert not QueueEntry.objects.exists()


def test_a_link_that_is_asked_too_often_is_refused_for_a_minute(street):
    link = address(street.visser)
    with time_machine.travel(timezone.now(), tick=False):
        statuses = [Client().get(link).status_code for _ in range(REQUESTS_A_MINUTE + 1)]
    assert statuses == [200] * REQUESTS_A_MINUTE + [429]


def test_the_held_driver_starts_and_reads_of_their_own_charging(street):
    join(street.visser, street.market, timezone.now())
    stop(street.market, street.running)
    say(street.market, "available")
    start(street.market, street.vissers_card)
    say(street.market, "charging")
    assert Hold.objects.get().outcome == "used"
    assert "You charge here since" in text(street.visser)


def test_whose_end_was_lost_is_not_said_to_charge_at_a_point_that_is_free(street):
    assert "You charge here since" in text(street.jansen)
    say(street.market, "available")
    assert "You charge here since" not in text(street.jansen)
    say(street.market, "charging")
    assert "You charge here since" in text(street.jansen)
