"""Moments on pages: typed in the zone of the provider, shown again as they were, and found by day or by the minute."""

from datetime import UTC, datetime

import pytest

from customers.models import AuditEntry, ChargeCard
from tests.portal.forms import page_form

pytestmark = pytest.mark.django_db


def card_page(card) -> str:
    return f"/customers/chargecard/{card.pk}/change/"


def test_a_moment_is_typed_in_the_zone_of_the_provider(world, signed_in):
    browser, page = signed_in(world.ben), card_page(world.jansens_card)
    sent = page_form(browser.get(page)) | {"valid_from": "2026-07-01T10:30"}
    assert browser.post(page, sent).status_code == 302
    world.jansens_card.refresh_from_db()
    assert world.jansens_card.valid_from == datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
    assert 'value="2026-07-01T10:30"' in browser.get(page).content.decode()


def test_saving_a_page_anew_changes_no_moment_by_its_seconds(world, signed_in):
    moment = datetime(2026, 7, 1, 8, 30, 17, tzinfo=UTC)
    ChargeCard.objects.filter(pk=world.jansens_card.pk).update(valid_from=moment)
    shown = signed_in(world.ben).get(card_page(world.jansens_card)).content.decode()
    assert 'value="2026-07-01T10:30:17"' in shown


def test_an_error_in_a_moment_stands_at_its_field(world, signed_in):
    browser, page = signed_in(world.ben), card_page(world.jansens_card)
    answer = browser.post(page, page_form(browser.get(page)) | {"valid_from": "soon"})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["valid_from"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("at_from_0=2026-07-01&at_to_0=2026-07-01", True),
        ("at_from_0=2026-07-01&at_from_1=10:31", False),
        ("at_from_0=2026-07-01&at_from_1=10:30", True),
        ("at_to_0=2026-06-30", False),
    ],
)
def test_a_list_is_narrowed_by_whole_days_or_to_the_minute(world, signed_in, query, found):
    entry = AuditEntry.objects.create(
        event="exported", provider=world.greengrid, at=datetime(2026, 7, 1, 8, 30, 17, tzinfo=UTC)
    )
    answer = signed_in(world.anna).get(f"/customers/auditentry/?{query}")
    assert answer.status_code == 200
    assert (entry.pk in {row.pk for row in answer.context["cl"].result_list}) is found
