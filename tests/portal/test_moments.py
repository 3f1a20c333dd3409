"""Moments on pages: typed in the zone of the provider, shown again as they were, and found by day or by the minute."""

import re
from datetime import UTC, datetime

import pytest

from customers.models import AuditEntry, ChargeCard, Membership, Provider
from customers.permissions import Role
from tariffs.forms.simple_prices import SimpleForm
from tests.portal.forms import page_form

pytestmark = pytest.mark.django_db


def card_page(card) -> str:
    return f"/customers/chargecard/{card.pk}/change/"


def inputs(response) -> dict[str, str]:
    """Name and value of every input of the page, as a browser sends them."""
    page = response.content.decode()
    return {
        re.search(r'name="([^"]*)"', tag)[1]: (re.search(r'value="([^"]*)"', tag) or ["", ""])[1]
        for tag in re.findall(r"<input [^>]*>", page)
        if "name=" in tag
    }


def typed(response) -> dict[str, str]:
    """What the page's pickers of the validity of a card hold."""
    return {name: value for name, value in inputs(response).items() if name.startswith("valid_")}


@pytest.fixture
def save(world, signed_in):
    """Save the page of Jansen's card with these fields, and give back the card."""
    browser, page = signed_in(world.ben), card_page(world.jansens_card)

    def save(**fields):
        opened = browser.get(page)
        answer = browser.post(page, page_form(opened) | typed(opened) | fields)
        assert answer.status_code == 302, answer.context["adminform"].form.errors
        return ChargeCard.objects.get(pk=world.jansens_card.pk)

    return save


@pytest.fixture
def errors(world, signed_in):
    """The errors of the page of Jansen's card with these fields; nothing is written."""
    browser, page = signed_in(world.ben), card_page(world.jansens_card)

    def errors(**fields):
        before = ChargeCard.objects.values().get(pk=world.jansens_card.pk)
        answer = browser.post(page, page_form(browser.get(page)) | fields)
        assert ChargeCard.objects.values().get(pk=world.jansens_card.pk) == before
        return {name: " ".join(texts) for name, texts in answer.context["adminform"].form.errors.items()}

    return errors


def test_a_date_and_a_time_are_typed_in_the_zone_of_the_provider(world, signed_in, save):
    card = save(valid_from="2026-07-01", valid_from_time="10:30")
    assert card.valid_from == datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
    shown = typed(signed_in(world.ben).get(card_page(card)))
    assert (shown["valid_from"], shown["valid_from_time"]) == ("2026-07-01", "10:30")


def test_one_text_of_both_is_the_same(save):
    assert save(valid_from="2026-07-01T10:30").valid_from == datetime(2026, 7, 1, 8, 30, tzinfo=UTC)


def test_a_date_alone_is_its_first_moment(save):
    """A picker of both sent nothing of it, and the card was valid at once."""
    assert save(valid_from="2026-07-01", valid_from_time="").valid_from == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_a_date_alone_that_ends_something_includes_the_day(world, signed_in, save):
    card = save(valid_until="2027-12-31", valid_until_time="")
    assert card.valid_until == datetime(2027, 12, 31, 23, tzinfo=UTC)
    shown = typed(signed_in(world.ben).get(card_page(card)))
    assert (shown["valid_until"], shown["valid_until_time"]) == ("2027-12-31", "")
    assert save().valid_until == card.valid_until


def test_lists_and_pages_show_that_day(world, signed_in, save):
    card, browser = save(valid_until="2027-12-31"), signed_in(world.ben)
    for path in (
        "/customers/chargecard/",
        f"/customers/chargecard/{card.pk}/",
        f"/customers/customer/{card.customer_id}/",
    ):
        page = browser.get(path, follow=True).content.decode()
        assert "31 Dec 2027" in page and "1 Jan 2028" not in page, path


def test_a_time_without_a_date_is_refused(errors):
    assert "date as well" in errors(valid_from="", valid_from_time="10:30")["valid_from"]


def test_a_time_that_the_clock_skips_is_refused_with_one_that_it_shows(errors):
    message = errors(valid_from="2027-03-28", valid_from_time="02:30")["valid_from"]
    assert "does not exist there: in Europe/Amsterdam" in message and "Write 03:30" in message


def test_a_time_that_the_clock_repeats_is_the_first(save):
    card = save(valid_from="2026-10-25", valid_from_time="02:30")
    assert card.valid_from == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_saving_a_page_anew_leaves_the_second_of_two_times(world, save):
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    ChargeCard.objects.filter(pk=world.jansens_card.pk).update(valid_from=second)
    assert save(visual_number="OTHER").valid_from == second
    assert save(valid_from_time="02:31").valid_from == datetime(2026, 10, 25, 0, 31, tzinfo=UTC)


def test_saving_a_page_anew_changes_no_moment_by_its_seconds(world, save):
    moment = datetime(2026, 7, 1, 8, 30, 17, 123456, tzinfo=UTC)
    ChargeCard.objects.filter(pk=world.jansens_card.pk).update(valid_from=moment)
    assert save(visual_number="OTHER").valid_from == moment


def test_an_error_in_a_moment_stands_at_its_field_with_what_was_typed(world, signed_in, errors):
    assert list(errors(valid_from="soon")) == ["valid_from"]
    browser, page = signed_in(world.ben), card_page(world.jansens_card)
    answer = browser.post(page, page_form(browser.get(page)) | {"valid_from": "soon"})
    assert inputs(answer)["valid_from"] == "soon"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("at_from=2026-07-01&at_until=2026-07-01", True),
        ("at_from=2026-07-01&at_from_time=10:31", False),
        ("at_from=2026-07-01&at_from_time=10:30", True),
        ("at_until=2026-06-30", False),
    ],
)
def test_a_list_is_narrowed_by_whole_days_or_to_the_minute(world, signed_in, query, found):
    assert lists(world, signed_in, query, datetime(2026, 7, 1, 8, 30, 17, tzinfo=UTC)) is found


def lists(world, signed_in, query, at):
    """Does the audit log list an entry of this moment to Anna?"""
    entry = AuditEntry.objects.create(event="exported", provider=world.greengrid, at=at)
    answer = signed_in(world.anna).get(f"/customers/auditentry/?{query}")
    assert answer.status_code == 200
    return entry.pk in {row.pk for row in answer.context["cl"].result_list}


def test_the_last_day_of_a_list_ends_at_midnight_and_not_a_second_before(world, signed_in):
    assert lists(world, signed_in, "at_until=2026-07-01", datetime(2026, 7, 1, 21, 59, 59, 900_000, tzinfo=UTC))
    assert not lists(world, signed_in, "at_until=2026-07-01", datetime(2026, 7, 1, 22, 0, tzinfo=UTC))


def test_a_list_is_narrowed_by_the_clock_of_the_provider(world, signed_in):
    Provider.objects.filter(pk=world.greengrid.pk).update(time_zone="America/New_York")
    assert lists(world, signed_in, "at_until=2026-06-30", datetime(2026, 7, 1, 3, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("at_from=2026-03-29&at_from_time=02:30", "does not exist there"),
        ("at_from_time=10:30", "Give the date as well"),
        ("at_until=soon", "Enter a valid date/time"),
    ],
)
def test_a_moment_that_cannot_be_read_lists_nothing_and_says_why(world, signed_in, query, why):
    assert not lists(world, signed_in, query, datetime(2026, 7, 1, 8, 30, tzinfo=UTC))
    assert why in signed_in(world.anna).get(f"/customers/auditentry/?{query}").content.decode()


# Other texts that a form reads as a file does


@pytest.mark.parametrize("text", ["21", "21%", "21 %"])
def test_a_percentage_in_a_form_is_the_number_before_its_sign(text):
    assert SimpleForm({"per_kwh": "0.35", "vat": text}).fields["vat"].clean(text) == 21


def test_a_shortened_number_is_no_uid_in_a_form_either(errors):
    assert "format the column as text" in errors(uid="4.17574E+12")["uid"]


class TestALoginOfProvidersInTwoTimeZones:
    """BlueVolt's clock is that of New York here, and Ben works for it too; at 15:00 there it is 21:00 in Amsterdam."""

    MOMENT = datetime(2027, 3, 1, 20, 0, tzinfo=UTC)

    @pytest.fixture
    def browser(self, world, signed_in):
        Provider.objects.filter(pk=world.bluevolt.pk).update(time_zone="America/New_York")
        Membership.objects.create(staff_member=world.ben, role=Role.PROVIDER_STAFF, provider=world.bluevolt)
        ChargeCard.objects.filter(pk__in=[world.jansens_card.pk, world.olsens_card.pk]).update(valid_from=self.MOMENT)
        return signed_in(world.ben)

    @pytest.mark.parametrize(("card", "clock"), [("jansens_card", "21:00"), ("olsens_card", "15:00")])
    def test_reads_the_page_of_a_row_by_the_clock_of_its_provider(self, world, browser, card, clock):
        opened = browser.get(card_page(getattr(world, card)))

        assert typed(opened)["valid_from_time"] == clock

    def test_types_a_moment_of_a_new_row_by_the_clock_of_what_it_is_tied_to(self, world, browser):
        add = "/customers/chargecard/add/"
        new = {
            "provider": world.bluevolt.pk,
            "uid": "04DD44",
            "customer": world.olsen.pk,
            "valid_from": "2027-03-01",
            "valid_from_time": "15:00",
        }
        answer = browser.post(add, page_form(browser.get(add)) | new)

        assert answer.status_code == 302, answer.context["adminform"].form.errors
        assert ChargeCard.objects.get(uid="04DD44").valid_from == self.MOMENT

    def test_sees_on_every_page_whose_clock_it_is(self, world, browser):
        assert "Times of America/New_York" in browser.get(card_page(world.olsens_card)).content.decode()
        assert "Times of Europe/Amsterdam" in browser.get(card_page(world.jansens_card)).content.decode()
        of_bluevolt = browser.get("/customers/chargecard/")  # the first of the two by name
        assert "Times of America/New_York" in of_bluevolt.content.decode()

    def test_is_told_of_no_clock_where_there_is_one(self, world, signed_in):
        assert "Times of" not in signed_in(world.anna).get("/customers/chargecard/").content.decode()
