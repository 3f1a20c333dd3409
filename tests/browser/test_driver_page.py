"""The driver's page on a phone: readable by everybody in four languages, light and dark, and usable without scripts."""

import json
from types import SimpleNamespace

import pytest
from django.utils import timezone

from chargepoints.models import DecisionEntry, Hold
from customers.models import Customer
from socialcharging.links import make_link
from socialcharging.models import QueueEntry, QueueMail
from socialcharging.queues import join
from tests import factories as make
from tests.browser.conftest import Portal
from tests.social.conftest import connect, make_social, say, start, stop

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 400, "height": 900}
LANGUAGES = ("en", "nl", "de", "fr")


@pytest.fixture
def street(world) -> SimpleNamespace:
    """Jansen charges at the station road, Visser waits first and Smit second; Visser was refused once and charged once."""
    make_social(world)
    for number, name in ((1003, "Visser"), (1004, "Smit")):
        customer = make.CustomerFactory(user_group=world.north, number=str(number), name=name, email="")
        setattr(world, name.lower(), customer)
        make.ChargeCardFactory(customer=customer, uid=f"04DD{number}")
    connect(world.market)
    say(world.market, "available")
    world.running, _ = start(world.market, world.jansens_card)
    say(world.market, "charging")
    for customer in (world.visser, world.smit):
        join(customer, world.market, timezone.now())
    DecisionEntry.objects.create(
        at=timezone.now(), source="gateway", provider_id=world.greengrid.pk, card_uid="04DD1003", identity="NLGRGE0002",
        customer=world.visser, charge_point=world.market, verdict="NOT_ALLOWED", reason="queue_held", told="queue_held",
        facts={}, answer={},
    )  # fmt: skip
    return world


def address(portal: Portal, customer: Customer) -> str:
    return f"{portal.base}/my/{make_link(customer, None, timezone.now())[1]}/"


def phone(portal: Portal, **options):
    context = portal.browser.new_context(viewport=PHONE, **options)
    context.set_default_timeout(30_000)
    context.on("console", portal._listen)
    portal.contexts.append(context)
    portal.page = context.new_page()
    return portal.page


def test_the_page_is_accessible_and_fits_a_phone_in_four_languages_light_and_dark(portal, street):
    page = phone(portal)
    for turn in (False, True):
        if turn:
            stop(street.market, street.running)
            say(street.market, "available")
        for language in LANGUAGES:
            Customer.objects.filter(pk=street.visser.pk).update(language=language)
            street.visser.refresh_from_db()
            page.goto(address(portal, street.visser))
            assert page.locator("html").get_attribute("lang") == language
            assert page.locator(".is-turn").count() == turn
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                assert portal.accessible() == [], (language, scheme, turn)
            for width in (400, 320):
                page.set_viewport_size({"width": width, "height": 900})
                overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                assert page.evaluate(overflow) == 0, (language, width)
            page.set_viewport_size(PHONE)


def test_a_link_that_is_over_and_an_account_that_is_blocked_are_accessible_pages(portal, street):
    page, link = phone(portal), address(portal, street.visser)
    Customer.objects.filter(pk=street.visser.pk).update(status="blocked")
    for path in (link, f"{portal.base}/my/nobodys/"):
        page.goto(path)
        assert portal.accessible() == [], path


def test_everything_works_without_scripts(portal, street):
    page = phone(portal, java_script_enabled=False)
    link = address(portal, street.visser)
    page.goto(link)
    page.click("button[value=leave]")
    assert page.locator("[role=status]").inner_text() == "You have left the queue."
    page.fill("#q", "station")
    page.press("#q", "Enter")
    assert page.get_by_role("heading", name="Station road").count() == 1
    page.click("button[value=join]")
    assert page.get_by_text("You are number 2").count() == 1
    assert list(QueueEntry.objects.filter(left_at=None).values_list("customer__name", flat=True)) == ["Smit", "Visser"]
    page.get_by_role("link", name="Refresh").click()
    assert page.locator("[role=status]").count() == 0


def test_the_buttons_are_reached_and_pressed_by_keyboard_alone(portal, street):
    page = phone(portal)
    page.goto(address(portal, street.visser))
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "leave":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=status]")
    assert not QueueEntry.objects.filter(customer=street.visser, left_at=None).exists()


def test_a_phone_can_keep_the_page_as_an_app(portal, street):
    page = phone(portal)
    page.goto(address(portal, street.visser))
    told = page.context.new_cdp_session(page).send("Page.getAppManifest")
    manifest = json.loads(told["data"])
    assert told["errors"] == []
    assert told["url"] == page.url + "manifest.webmanifest"
    assert portal.base + manifest["start_url"] == portal.base + manifest["scope"] == page.url
    icon = page.request.get(portal.base + manifest["icons"][0]["src"])
    assert (icon.status, icon.headers["content-type"]) == (200, "image/svg+xml")


def test_an_open_page_shows_a_new_turn_without_being_loaded_again(portal, street):
    page = phone(portal)
    page.clock.install()
    page.goto(address(portal, street.visser) + "?q=station")
    page.evaluate("window.stays = true")
    stop(street.market, street.running)
    say(street.market, "available")
    page.clock.fast_forward(21_000)
    page.get_by_text("It is your turn").wait_for()
    assert page.evaluate("window.stays")


def test_two_drivers_in_two_browsers_share_one_slot(portal, street):
    QueueEntry.objects.update(left_at=timezone.now(), outcome="left")
    QueueMail.objects.all().delete()
    first, second = phone(portal), phone(portal)
    links = {first: address(portal, street.visser), second: address(portal, street.smit)}
    for page, link in links.items():
        page.goto(f"{link}?q=station")
    first.click("button[value=ask]")
    assert first.get_by_text("has been told that somebody waits").count() == 1
    second.reload()
    assert second.locator("button[value=ask]").count() == 0, "who charges was asked already"
    first.click("button[value=join]")
    second.click("button[value=join]")
    assert second.get_by_text("You are number 2").count() == 1
    stop(street.market, street.running)
    say(street.market, "available")
    first.goto(links[first])
    second.goto(links[second])
    assert (first.get_by_text("It is your turn").count(), second.get_by_text("It is your turn").count()) == (1, 0)
    assert second.get_by_text("Held for another driver").count() == 1
    first.click("button[value=leave]")
    second.goto(links[second])
    assert second.get_by_text("It is your turn").count() == 1
    assert list(Hold.objects.order_by("pk").values_list("customer__name", "outcome")) == [
        ("Visser", "left"),
        ("Smit", ""),
    ]
    assert QueueMail.objects.filter(kind="waits").count() == 1
