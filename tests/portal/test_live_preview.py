"""Prices that nobody has saved yet: how they read, what sessions cost by them, and the ways on from there."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from changes.apply import apply_change, preview_change
from changes.models import Change
from changes.proposals import NewVersion
from tariffs import writes as tariff_writes
from tariffs.conversion import element_rows, price_list
from tariffs.models import Tariff, TariffElement
from tariffs.pricing import read_tariff
from tests import factories as make

pytestmark = pytest.mark.django_db
ADD = "/tariffs/tariff/add/"
NEW = {"code": "NIGHT", "name": "Night", "currency": "EUR"}
LATER = datetime(2099, 3, 1, 12, tzinfo=UTC)


def page(tariff, view) -> str:
    return reverse(f"admin:tariffs_tariff_{view}", args=[tariff.pk])


def text(response) -> str:
    assert response.status_code == 200, response
    return " ".join(response.content.decode().split())


def table(*rows: dict[str, object], **more: object) -> dict[str, object]:
    sent = {f"elements-{i}-{name}": value for i, row in enumerate(rows) for name, value in row.items()}
    steps = {f"elements-{i}-{kind}_step": 1 for i in range(len(rows)) for kind in ("energy", "time", "parking")}
    return steps | sent | {"elements-TOTAL_FORMS": len(rows), "elements-INITIAL_FORMS": 0} | more


def prices(per_kwh: str):
    return read_tariff({"currency": "EUR", "elements": [{"price_components": [{"type": "ENERGY", "price": per_kwh}]}]})


@pytest.fixture
def scheduled(world):
    """Standard, which is in use, at 0.41 from 2099 on: a change that was confirmed."""
    proposal = NewVersion(world.standard, prices("0.41"))
    shown = preview_change(proposal, LATER).impact.fingerprint
    return apply_change(proposal, fingerprint=shown, at=LATER, by=world.anna).change


class TestWhileTyping:
    def test_the_conditions_of_each_row_follow_what_is_typed(self, world, signed_in):
        rows = [{"energy_price": "0.20", "start_time": "23:00", "end_time": "07:00"}, {"energy_price": "0.40"}]
        shown = signed_in(world.anna).post(page(world.standard, "version"), table(*rows) | {"reads": "1"})
        assert "<span>23:00-07:00</span><span>always</span>" in text(shown)

    def test_numbers_that_were_hardly_meant_are_remarked_before_saving(self, world, signed_in):
        typed = {"per_kwh": "35", "vat": "0.21", "reads": "1"}
        words = text(signed_in(world.anna).post(page(world.standard, "simple"), typed))
        assert "write 0.35 if that is meant" in words and "write 21 if 21 % is meant" in words
        assert world.standard.versions.count() == 1

    @pytest.mark.parametrize("view", ["version", "simple"])
    def test_the_words_and_the_reference_sessions_answer_what_is_typed(self, world, signed_in, view):
        typed = table({"energy_price": "0.45"}) if view == "version" else {"per_kwh": "0.45"}
        shown = signed_in(world.anna).post(page(world.standard, view), typed | {"reads": "1"})
        assert [each.name for each in shown.templates] == ["tariffs/live_preview.html"]
        assert "0.45 EUR/kWh" in text(shown)
        assert "7.70 EUR" in text(shown) and "9.90 EUR" in text(shown) and "2.20 EUR more (+28.6 %)" in text(shown)
        assert world.standard.versions.count() == 1

    @pytest.mark.parametrize("sent", [table({"energy_price": "0,45"}), {"per_kwh": "0,45"}])
    def test_what_makes_no_sense_yet_is_said_in_place_of_the_words(self, world, signed_in, sent):
        view = "version" if "elements-TOTAL_FORMS" in sent else "simple"
        shown = signed_in(world.anna).post(page(world.standard, view), sent | {"reads": "1"})
        assert "Not to be read yet" in text(shown) and "number" in text(shown)

    @pytest.mark.parametrize("simple", [True, False])
    def test_a_tariff_that_is_no_row_yet_is_read_too(self, world, signed_in, simple):
        typed = {"per_kwh": "0.45"} if simple else table({"energy_price": "0.45"})
        shown = signed_in(world.anna).post(
            f"{ADD}?form=simple" if simple else ADD, {"currency": "EUR", "code": ""} | typed | {"reads": "1"}
        )
        assert "0.45 EUR/kWh" in text(shown) and "9.90 EUR" in text(shown)
        assert not Tariff.objects.filter(code="NIGHT").exists()

    def test_who_may_not_change_prices_is_answered_nothing(self, world, signed_in):
        for view in ("version", "simple", "prices_add"):
            assert signed_in(world.rita).post(page(world.standard, view), {"reads": "1"}).status_code == 403
        assert signed_in(world.anna).post(page(world.foreign, "simple"), {"reads": "1"}).status_code == 404


class TestCalculator:
    @pytest.mark.parametrize("view", ["version", "simple"])
    def test_what_is_typed_stands_beside_the_version_in_force(self, world, signed_in, view):
        typed = table({"energy_price": "0.45"}) if view == "version" else {"per_kwh": "0.45", "charging": ""}
        shown = signed_in(world.anna).post(page(world.standard, view), typed | {"step": "calculate"})
        assert [(each.display.state, each.incl_vat) for each in shown.context["priced"]] == [
            ("now", "7.70 EUR"),
            ("draft", "9.90 EUR"),
        ]
        assert world.standard.versions.count() == 1

    def test_the_draft_stays_while_sessions_are_tried_and_goes_back_to_where_it_is_edited(self, world, signed_in):
        browser = signed_in(world.anna)
        first = browser.post(page(world.standard, "simple"), {"per_kwh": "0.45", "step": "calculate"})
        draft = first.context["draft"]
        again = browser.post(page(world.standard, "calculator"), dict(draft.typed) | {"session_kind": "home"})
        assert [each.incl_vat for each in again.context["priced"]] == ["12.95 EUR", "16.65 EUR"]
        back = browser.post(draft.page, dict(again.context["draft"].typed) | {"step": "edit"})
        assert [str(row.energy_price) for row in back.context["table"].rows] == ["0.45"]
        assert world.standard.versions.count() == 1

    def test_a_draft_of_nonsense_is_no_draft(self, world, signed_in):
        sent = table({"energy_price": "x"}) | {"session_kind": "home"}
        shown = signed_in(world.anna).post(page(world.standard, "calculator"), sent)
        assert [each.display.state for each in shown.context["priced"]] == ["now"]

    def test_a_draft_can_stand_beside_a_version_that_is_scheduled_too(self, world, signed_in, scheduled):
        version = world.standard.versions.get(changes=scheduled)
        sent = table({"energy_price": "0.45"}) | {"session_kind": "street", "beside": version.pk}
        shown = signed_in(world.anna).post(page(world.standard, "calculator"), sent)
        assert [each.display.state for each in shown.context["priced"]] == ["now", "draft", "scheduled"]


class TestBetweenFormAndTable:
    def test_a_tariff_is_added_with_the_simple_form(self, world, signed_in):
        browser = signed_in(world.anna)
        assert "Per kWh" in text(browser.get(f"{ADD}?form=simple"))
        browser.post(f"{ADD}?form=simple", NEW | {"per_kwh": "0.39", "vat": "21", "step": "save"})
        listed = price_list(Tariff.objects.get(code="NIGHT").versions.get())
        assert [(each.price, each.vat) for each in listed.elements[0].components] == [(Decimal("0.39"), 21)]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"code": ""},
            {"currency": ""},
            {"per_kwh": "x"},
            {"valid_until": "2001-01-01T00:00", "valid_from": "2002-01-01T00:00"},
        ],
    )
    def test_what_makes_no_sense_adds_nothing_and_keeps_what_was_typed(self, world, signed_in, wrong):
        typed = NEW | {"per_kwh": "0.39", "step": "save"} | wrong
        shown = signed_in(world.anna).post(f"{ADD}?form=simple", typed)
        assert "evc-error" in text(shown)
        assert shown.context["form"]["per_kwh"].value() == typed["per_kwh"]
        assert not Tariff.objects.filter(name="Night").exists()

    def test_a_new_tariff_goes_from_the_form_to_the_table_and_back_with_all_that_was_typed(self, world, signed_in):
        browser = signed_in(world.anna)
        typed = {"per_kwh": "0.39", "parking": "0.05", "free_minutes": "240", "valid_from": "2099-03-01T12:00"}
        as_rows = browser.post(f"{ADD}?form=simple", NEW | typed | {"step": "table"})
        assert as_rows.context["tariff_form"]["code"].value() == "NIGHT"
        sent = as_rows.context["table"].elements.data.dict()
        back = browser.post(ADD, NEW | sent | {"step": "simple"})
        assert back.context["form"].initial == typed | {"free_minutes": 240, "valid_until": ""}
        assert back.context["tariff_form"].initial["code"] == "NIGHT"
        assert not Tariff.objects.filter(code="NIGHT").exists()

    def test_an_empty_table_becomes_an_empty_form(self, world, signed_in):
        shown = signed_in(world.anna).post(ADD, NEW | table({}, step="simple"))
        assert shown.context["form"].initial == {} and shown.context["tariff_form"].initial["code"] == "NIGHT"
        assert "evc-error" not in text(shown)

    @pytest.mark.parametrize("view", ["version", "prices_add"])
    def test_the_table_becomes_the_form_with_what_is_typed(self, world, signed_in, view):
        tariff = world.standard if view == "version" else world.cheap
        sent = table({"energy_price": "0.45", "energy_vat": "21"}, **{"version-valid_until": "2099-03-01T12:00"})
        shown = signed_in(world.anna).post(page(tariff, view), sent | {"step": "simple"})
        assert shown.context["form"].initial == {
            "per_kwh": "0.45", "vat": "21", "valid_from": "", "valid_until": "2099-03-01T12:00",
        }  # fmt: skip

    @pytest.mark.parametrize("where", ["version", "prices_add", "add"])
    def test_where_the_form_would_lose_something_the_table_stays_and_says_what(self, world, signed_in, where):
        tariff = world.standard if where == "version" else world.cheap
        address = ADD if where == "add" else page(tariff, where)
        night = {"energy_price": "0.20", "start_time": "23:00", "end_time": "07:00"}
        shown = signed_in(world.anna).post(address, NEW | table(night, {"energy_price": "0.40"}, step="simple"))
        assert "It has several tiers of energy." in text(shown)
        assert [str(row.energy_price) for row in shown.context["table"].rows] == ["0.20", "0.40"]


class TestScheduledVersions:
    def test_one_of_an_unused_tariff_is_edited_with_the_simple_form(self, world, signed_in):
        later = datetime.now(UTC) + timedelta(days=30)
        version = tariff_writes.add_version(world.cheap, [TariffElement(energy_price="0.22")], valid_from=later)
        browser, address = signed_in(world.anna), f"{page(world.cheap, 'simple')}?version={version.pk}"
        typed = browser.get(address).context["form"].initial
        assert typed["per_kwh"] == "0.22" and typed["valid_from"]
        browser.post(address, typed | {"per_kwh": "0.24", "step": "save"})
        assert str(version.elements.get().energy_price) == "0.2400"
        assert world.cheap.versions.count() == 2

    def test_one_of_a_tariff_in_use_is_edited_through_a_preview_that_replaces_the_change(
        self, world, signed_in, scheduled
    ):
        version = world.standard.versions.get(changes=scheduled)
        browser, address = signed_in(world.anna), f"{page(world.standard, 'version')}?version={version.pk}"
        filled = browser.get(address).context["table"]
        assert [str(row["energy_price"]) for row in filled.elements.initial] == ["0.4100"]
        moment = filled.version["valid_from"].value().astimezone(world.greengrid.zone)
        sent = table({"energy_price": "0.43"}, **{"version-valid_from": f"{moment:%Y-%m-%dT%H:%M}"})
        shown = browser.post(address, sent | {"step": "preview"}, follow=True)
        assert world.standard.versions.get(changes=scheduled)
        sure = {"step": "confirm", "shown": shown.context["impact"].fingerprint, "notify": "none", "named": "STANDARD"}
        done = browser.post(shown.context["wizard"].address, sure)
        assert done.status_code == 302
        scheduled.refresh_from_db()
        assert scheduled.cancelled_at is not None
        later = world.standard.versions.get(valid_from=LATER)
        assert later.changes.get() != scheduled and str(later.elements.get().energy_price) == "0.4300"

    def test_one_that_is_looked_at_only_stays_with_its_change(self, world, signed_in, scheduled):
        version = world.standard.versions.get(changes=scheduled)
        address = f"{page(world.standard, 'version')}?version={version.pk}"
        stale = table({"energy_price": "0.43"}, step="confirm", shown="not what was shown")
        assert signed_in(world.anna).post(address, stale).status_code == 200
        scheduled.refresh_from_db()
        assert scheduled.cancelled_at is None and world.standard.versions.get(changes=scheduled) == version
        assert Change.objects.count() == 1

    @pytest.mark.parametrize("view", ["version", "simple", "prices_edit"])
    def test_one_that_came_into_force_is_not_edited_and_nothing_is_written(self, world, signed_in, view):
        version = world.standard.versions.get()
        sent = table({"energy_price": "0.01"}, step="save") if view != "simple" else {"per_kwh": "0.01", "step": "save"}
        done = signed_in(world.anna).post(f"{page(world.standard, view)}?version={version.pk}", sent)
        assert done["Location"] == page(world.standard, "prices")
        assert world.standard.versions.count() == 1
        assert element_rows(price_list(version)) and str(version.elements.get().energy_price) == "0.3500"

    def test_one_of_another_tariff_is_not_found_here(self, world, signed_in):
        other = make.TariffFactory(provider=world.greengrid, code="OTHER", valid_from=LATER)
        address = f"{page(world.cheap, 'prices_edit')}?version={other.versions.get().pk}"
        assert signed_in(world.anna).post(address, {"remove": "1"}).status_code == 302
        assert other.versions.count() == 1
