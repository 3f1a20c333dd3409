"""Letters in the portal: how they look is set on a page; a preview shows them, says who is left out and what is on short notice."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from changes.apply import apply_change, preview_change
from changes.models import Change
from changes.proposals import NewTerms
from customers.models import Announcement, LetterSettings, Notice
from evcnet.datetimes import database_clock
from tariffs.models import TariffOffer
from tests import factories as make
from tests.portal.forms import page_form
from tests.portal.sent import press, preview_of, sent
from tests.queries.test_letters import png

pytestmark = pytest.mark.django_db
ADD = "/customers/lettersettings/add/"


@pytest.fixture
def anna(world, signed_in):
    return signed_in(world.anna)


@pytest.fixture
def dear(world):
    return make.TariffFactory(provider=world.greengrid, code="DEAR", name="Dear", per_kwh="0.45")


@pytest.fixture
def page(world):
    return reverse("admin:chargegroups_chargegroup_terms", args=[world.leusden.pk])


def preview(browser, page, **typed):
    return preview_of(browser, page, **typed)


def fields_of(shown):
    """What the preview would send, at whatever address it is shown."""
    return sent(shown, shown.context["wizard"].address)


def told_at_first(shown):
    """Whom the page of the change tells, where nobody chooses otherwise."""
    return fields_of(shown)["notify"]


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def nothing_was_written():
    return not (Change.objects.exists() or Announcement.objects.exists() or Notice.objects.exists() or mail.outbox)


# The page of the settings


def settings_page(settings):
    return reverse("admin:customers_lettersettings_change", args=[settings.pk])


def test_an_admin_sets_how_letters_look(world, anna):
    typed = page_form(anna.get(ADD)) | {"sender_name": "Grid", "opening_nl": "Hallo", "price_rise_days": 30}
    anna.post(ADD, typed | {"new_logo": SimpleUploadedFile("grid.png", png())})
    settings = LetterSettings.objects.get()
    assert (settings.provider, settings.sender, settings.opening_nl) == (world.greengrid, "Grid", "Hallo")
    assert (settings.price_rise_days, settings.reminder_days, settings.logo_type) == (30, 0, "image/png")
    shown = anna.get(settings_page(settings))
    assert "grid.png" in text(shown) and "data:image/png;base64," in text(shown)
    anna.post(settings_page(settings), page_form(shown) | {"sender_name": "Grid BV"})
    assert LetterSettings.objects.get().logo == png() and LetterSettings.objects.get().sender == "Grid BV"
    anna.post(settings_page(settings), page_form(anna.get(settings_page(settings))) | {"no_logo": "on"})
    assert (LetterSettings.objects.get().logo, LetterSettings.objects.get().logo_name) == (b"", "")
    assert "grid.png" in text(anna.get(reverse("admin:customers_lettersettings_history", args=[settings.pk])))


def test_there_is_one_row_a_provider(world, anna):
    LetterSettings.objects.create(provider=world.greengrid)
    refused = anna.post(ADD, page_form(anna.get(ADD)))
    assert refused.status_code == 200 and LetterSettings.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"new_logo": SimpleUploadedFile("logo.png", b"<svg/>")}, "no PNG and no JPEG"),
        ({"reply_to": "nobody"}, "valid email"),
        ({"phone": "call us"}, "as it is dialled"),
        ({"price_rise_days": "366"}, "less than or equal to 365"),
    ],
)
def test_what_makes_no_letter_is_refused_and_says_why(world, anna, wrong, why):
    refused = anna.post(ADD, page_form(anna.get(ADD)) | wrong)
    assert why in text(refused)
    assert not LetterSettings.objects.exists()


@pytest.mark.parametrize(("who", "sees"), [("ben", True), ("rita", True), ("carla", False), ("otto", False)])
def test_others_change_nothing(world, signed_in, who, sees):
    settings = LetterSettings.objects.create(provider=world.greengrid, sender_name="Grid")
    browser = signed_in(getattr(world, who))
    assert (browser.get(settings_page(settings)).status_code == 200) == sees
    assert browser.post(settings_page(settings), {"sender_name": "Mine"}).status_code in (302, 403, 404)
    assert LetterSettings.objects.get().sender_name == "Grid"


# The letter in the preview


def test_the_letter_is_shown_to_whoever_makes_the_change_and_nothing_is_written(world, anna, page, dear):
    LetterSettings.objects.create(provider=world.greengrid, sender_name="Grid", opening_en="Hello")
    shown = preview(anna, page, tariff="DEAR")
    letter = press(anna, shown, step="letter", notify="all")
    assert (
        "Dear Jansen, T.," in text(letter)
        and "Hello" in text(letter)
        and "- Leusden centre" in text(letter)
        and "Grid &lt;evcnet@localhost&gt;" in text(letter)
    )
    assert nothing_was_written()
    back = press(anna, letter, step="preview")
    fields = fields_of(back)
    assert (fields["notify"], fields["tariff"]) == (["all"], ["DEAR"])


def test_each_group_of_readers_has_its_letter(world, anna, page, dear):
    make.CustomerFactory(user_group=world.north, name="Brood BV", kind="company", language="nl")
    shown = preview(anna, page, tariff="DEAR", other_user_groups="on")
    letter = press(anna, shown, step="letter", notify="all")
    assert [each.key for each in letter.context["reader_groups"]] == [
        "gains_access-en-private", "pays_more-en-private", "pays_more-nl-company",
    ]  # fmt: skip
    company = press(anna, letter, step="letter", letter="pays_more-nl-company")
    assert "Beste Brood BV" in text(company) and "Beste Brood BV" not in text(letter)
    nonsense = press(anna, letter, step="letter", letter="nonsense")
    assert nonsense.context["readers"].key == "gains_access-en-private"


def test_where_nobody_is_to_be_told_the_page_shows_what_would_be_mailed(world, anna, page):
    letter = press(anna, preview(anna, page, tariff="CHEAP"), step="letter")
    assert "Nobody is to be told" in text(letter) and "The price goes down." in text(letter)


def test_letters_of_customers_out_of_sight_are_not_shown(world, signed_in, page):
    carla = signed_in(world.carla)
    shown = preview(carla, page, other_user_groups="on")
    letter = press(carla, shown, step="letter", notify="all")
    assert "None of the customers that you see is told" in text(letter) and "Bakker" not in text(letter)


def test_everyone_affected_is_everyone_whom_the_staff_member_sees(world, signed_in, page):
    carla = signed_in(world.carla)
    shown = preview(carla, page, other_user_groups="on")
    choices = {each.notify: (each.count, each.left_out) for each in shown.context["audiences"]}
    assert choices == {"regulars": (0, 0), "all": (0, 0), "none": (0, 0)}
    press(carla, shown, step="confirm", notify="all")
    assert Change.objects.count() == 1 and not Notice.objects.exists()


def test_regulars_out_of_reach_are_not_mailed_either(world, signed_in, page):
    """A guest of South with an exception at North's group is a regular, and Carla's letters are for North."""
    for customer in (world.jansen, world.bakker):
        make.CustomerExceptionFactory(charge_group=world.leusden, customer=customer)
    TariffOffer.objects.create(provider=world.greengrid, tariff=world.cheap, user_group=world.north)
    carla = signed_in(world.carla)
    shown = preview(carla, page, tariff="CHEAP")
    choices = {each.notify: (each.count, each.left_out) for each in shown.context["audiences"]}
    assert choices == {"regulars": (1, 0), "all": (1, 0), "none": (0, 1)}
    press(carla, shown, step="confirm", notify="regulars", named="CG-LEUSDEN")
    assert [notice.customer for notice in Notice.objects.all()] == [world.jansen]
    change = Change.objects.get()
    assert change.impact["counts"]["pays_less"] == 2
    for login, count in ((world.carla, "1 pays less"), (world.anna, "2 pay less")):
        browser = signed_in(login)
        assert count in browser.get("/changes/change/").content.decode()
        assert count in browser.get("/").content.decode()


# Who is told at first, and who is left out


def test_of_what_only_gives_nobody_is_told_at_first(world, anna, page):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen)
    assert told_at_first(preview(anna, page, tariff="CHEAP")) == ["none"]
    assert told_at_first(preview(anna, page, other_user_groups="on")) == ["none"]


def test_of_what_takes_anything_regulars_are_told_at_first(world, anna, page, dear):
    assert told_at_first(preview(anna, page, tariff="DEAR")) == ["regulars"]
    both = preview(anna, page, tariff="CHEAP", own_user_group=None, other_user_groups="on")
    assert told_at_first(both) == ["regulars"]


def test_what_was_chosen_stays_chosen(world, anna, page):
    shown = preview(anna, page, tariff="CHEAP", notify="all")
    assert told_at_first(shown) == ["all"]


@pytest.mark.parametrize(("tariff", "told"), [("DEAR", "regulars"), ("CHEAP", "none")])
def test_the_command_tells_whom_the_change_asks_for(world, dear, capsys, tariff, told):
    proposal = NewTerms(world.leusden, {"tariff": {"DEAR": dear, "CHEAP": world.cheap}[tariff]})
    fingerprint = preview_change(proposal).impact.fingerprint
    call_command("change_terms", charge_group="CG-LEUSDEN", set=[f"tariff={tariff}"], confirm=fingerprint, json=True,
                 provider="GRG")  # fmt: skip
    assert json.loads(capsys.readouterr().out)["applied"]
    assert Change.objects.get().notify == told


def test_the_preview_says_in_numbers_who_is_left_out(world, anna, page, dear):
    regular = make.CustomerFactory(user_group=world.north, email="")
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=regular)
    shown = preview(anna, page, tariff="DEAR")
    numbers = {each.notify: (each.count, each.unreachable, each.left_out) for each in shown.context["audiences"]}
    assert numbers == {"regulars": (1, 1, 1), "all": (2, 1, 0), "none": (0, 0, 2)}
    assert "1 without an e-mail address; 1 affected is not told" in text(shown)
    assert "(2 affected are not told)" in text(shown)


# A price that rises on short notice


@pytest.mark.parametrize(
    ("days", "at", "tariff", "warned"),
    [(14, 13, "DEAR", True), (14, 14, "DEAR", False), (14, None, "DEAR", True), (0, None, "DEAR", False),
     (14, None, "CHEAP", False)],
)  # fmt: skip
def test_a_rise_on_short_notice_is_warned_of(world, anna, page, dear, capsys, days, at, tariff, warned):
    LetterSettings.objects.create(provider=world.greengrid, price_rise_days=days)
    moment = timezone.localtime(timezone.now(), world.greengrid.zone) + timedelta(days=at or 0, minutes=1)
    typed = {"at": f"{moment:%Y-%m-%dT%H:%M}"} if at else {}
    words = f"GreenGrid announces a rise {days} days ahead"
    shown = preview(anna, page, tariff=tariff, **typed)
    assert (words in text(shown)) == warned
    options = {"at": moment.isoformat()} if at else {}
    call_command(
        "preview_terms", charge_group="CG-LEUSDEN", set=[f"tariff={tariff}"], provider="GRG", json=True, **options
    )
    warnings = json.loads(capsys.readouterr().out)["warnings"]
    assert any(words in each for each in warnings) == warned


def test_a_rise_on_short_notice_may_be_made_all_the_same(world, anna, page, dear):
    LetterSettings.objects.create(provider=world.greengrid, price_rise_days=14)
    press(anna, preview(anna, page, tariff="DEAR"), step="confirm", named="CG-LEUSDEN")
    assert Change.objects.count() == 1


# Undoing within the grace


@pytest.fixture
def change(world, dear):
    proposal = NewTerms(world.leusden, {"tariff": dear})
    return apply_change(proposal, fingerprint=preview_change(proposal).impact.fingerprint, notify="all").change


def undo_page(browser, change, page):
    shown = browser.get(reverse("admin:changes_change_undo", args=[change.pk]))
    return shown, sent(shown, page, step="confirm", named="CG-LEUSDEN")


def test_the_page_that_undoes_within_the_grace_says_that_letters_are_withdrawn(world, anna, change, page):
    shown, confirmed = undo_page(anna, change, page)
    assert "have not gone out yet: they are withdrawn" in text(shown) and confirmed["notify"] == ["none"]
    anna.post(page, confirmed)
    assert [Notice.objects.get().state, Change.objects.count()] == ["withdrawn", 2]
    assert "Withdrawn, not mailed" in text(anna.get("/customers/notice/"))
    assert "Withdrawn, not mailed" in text(anna.get(reverse("admin:changes_change_change", args=[change.pk])))


def test_an_undo_whose_page_promised_unsent_letters_is_refused_once_they_have_gone_out(world, anna, change, page):
    _, confirmed = undo_page(anna, change, page)
    Announcement.objects.update(due_at=database_clock() - timedelta(minutes=1))
    Notice.objects.update(state="sent")
    refused = anna.post(page, confirmed)
    assert "The letters have gone out meanwhile" in text(refused) and Change.objects.count() == 1
    again = sent(refused, page, step="confirm", named="CG-LEUSDEN", notify="all")
    assert "unsent" not in again
    anna.post(page, again)
    assert Change.objects.count() == 2 and Notice.objects.filter(state="queued").count() == 1


def test_the_page_of_a_change_says_when_its_letters_go_out(world, anna, change):
    shown = text(anna.get(reverse("admin:changes_change_change", args=[change.pk])))
    assert "Letters go out at" in shown and "undoing the change before leaves them unsent" in shown
    Announcement.objects.update(due_at=database_clock() - timedelta(minutes=1))
    assert "Letters go out at" not in text(anna.get(reverse("admin:changes_change_change", args=[change.pk])))
