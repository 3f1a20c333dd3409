"""The pages of the decision log: the list and its filters, a decision as it was, unknown cards, the latest of a card or point."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from chargegroups.access import BY_REASON
from chargepoints.authorization import authorize
from chargepoints.decision_log import LOG, Asker, keep_decision
from chargepoints.models import DecisionEntry, Session
from chargepoints.session_recorder import Recorder
from customers.models import ApiKey, AuditEntry, Customer
from evcnet.importexport.csv_stream import is_copied
from evcnet.importexport.registry import resource_named
from evcnet.importexport.scope import FileScope
from tests import factories as make
from tests.importexport.files import export_csv
from tests.importexport.test_streams import row_by_row, streamed

pytestmark = pytest.mark.django_db
LIST = "/chargepoints/decisionentry/"


@pytest.fixture
def backend(world, client):
    """Asks by the API of GreenGrid, and has the log written."""
    key = ApiKey.make(provider=world.greengrid, name="backend of Leusden")[1]

    def ask(card, charge_point="NLGRGE0001"):
        body = json.dumps({"card": card, "charge_point": charge_point})
        headers = {"Authorization": f"Token {key}"}
        client.post("/api/v1/authorize", body, content_type="application/json", headers=headers)
        LOG.flush()
        return DecisionEntry.objects.latest("pk")

    return ask


def shown(browser, address=LIST, **query):
    answer = browser.get(address, query)
    assert answer.status_code == 200, answer
    return answer.content.decode()


@pytest.mark.parametrize("who", ["anna", "ben", "carla", "hugo", "rita"])
def test_the_list_says_who_asked_what_and_what_was_decided(world, backend, signed_in, who):
    backend("04AA11")
    page = shown(signed_in(getattr(world, who)))
    for words in ("04AA11", "Jansen, T.", "NLGRGE0001", "Allowed", "backend of Leusden"):
        assert words in page


def test_an_outsider_sees_nothing_of_it(world, backend, signed_in):
    entry = backend("04AA11")
    browser = signed_in(world.otto)
    assert "04AA11" not in shown(browser)
    assert browser.get(f"{LIST}{entry.pk}/change/").status_code == 404


def test_nobody_adds_changes_or_removes_a_decision(world, backend, signed_in):
    entry = backend("04AA11")
    browser = signed_in(world.anna)
    assert browser.get(f"{LIST}add/").status_code == 403
    assert browser.post(f"{LIST}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert DecisionEntry.objects.filter(pk=entry.pk).exists()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "04aa11"}, {"04AA11"}),
        ({"q": "Bakker"}, {"04BB22"}),
        ({"q": "Market square"}, {"04AA11", "04BB22", "FFFF"}),
        ({"verdict": "UNKNOWN"}, {"FFFF"}),
        ({"reason": "no_access"}, {"04BB22"}),
        ({"source__exact": "explainer"}, set()),
    ],
)
def test_the_list_is_narrowed_by_card_point_verdict_and_reason(world, backend, signed_in, query, found):
    for card in ("04AA11", "04BB22", "FFFF"):
        backend(card)
    answer = signed_in(world.ben).get(LIST, query)
    assert {entry.card_uid for entry in answer.context["cl"].result_list} == found


def test_a_decision_opens_as_it_was_whatever_has_changed_since(world, backend, signed_in):
    entry = backend("04AA11")
    Customer.objects.filter(pk=world.jansen.pk).update(status="blocked")
    page = shown(signed_in(world.ben), f"{LIST}{entry.pk}/change/")
    assert "own_user_group" in page
    assert "The customer is not blocked." in page
    assert "0.35 EUR/kWh" in page


def test_why_another_providers_card_is_refused_is_told_to_its_own_provider_alone(world, backend, signed_in):
    Customer.objects.filter(pk=world.olsen.pk).update(status="blocked")
    entry = backend("04CC33")
    browser = signed_in(world.ben)
    page = shown(browser, f"{LIST}{entry.pk}/change/")
    assert "card_not_accepted" in page
    listed = shown(browser)
    assert "does not accept it" in listed
    assert listed.count("The customer is blocked") == 1, "among the choices of the filter alone"
    assert "The customer is blocked" not in page
    assert "Olsen" not in page
    assert "04CC33" not in [
        e.card_uid for e in browser.get(LIST, {"reason": "customer_blocked"}).context["cl"].result_list
    ]
    assert [e.card_uid for e in browser.get(LIST, {"reason": "card_not_accepted"}).context["cl"].result_list] == [
        "04CC33"
    ]
    own = shown(signed_in(world.otto), f"/customers/chargecard/{world.olsens_card.pk}/overview/")
    assert "The customer is blocked or deactivated." in own
    assert "NLGRGE0001" in own
    assert "backend of Leusden" not in own
    assert "Market square" not in own


def test_unknown_cards_are_counted_and_can_be_added(world, backend, signed_in):
    for _ in range(3):
        backend("ffff01")
    backend("FFFF01")
    page = signed_in(world.ben).get(f"{LIST}unknown-cards/")
    ((card, add),) = page.context["cards"]
    assert (card.uid, card.times) == ("FFFF01", 4)
    assert add == "/customers/chargecard/add/?uid=FFFF01"
    assert 'value="FFFF01"' in shown(signed_in(world.ben), add)
    assert shown(signed_in(world.hugo), f"{LIST}unknown-cards/").count("Add as a card") == 0


def test_a_card_that_is_known_by_now_is_no_unknown_card(world, backend, signed_in):
    backend("FFFF01")
    make.ChargeCardFactory(customer=world.jansen, uid="ffff01")
    assert signed_in(world.ben).get(f"{LIST}unknown-cards/").context["cards"] == []


def test_decisions_are_counted_by_day_under_the_words_of_their_reasons(world, backend, signed_in):
    backend("FFFF01")
    page = shown(signed_in(world.carla), f"/chargepoints/chargepoint/{world.market.pk}/overview/")
    assert '<th scope="row">The card is unknown, and' in page


def test_what_somebody_typed_counts_in_no_statistics(world, signed_in):
    browser = signed_in(world.ben)
    browser.get("/may-this-card-charge/", {"card": "FFFF01", "charge_point": "NLGRGE0001"})
    LOG.flush()
    assert browser.get(f"{LIST}unknown-cards/").context["cards"] == []
    assert "Decisions by day" not in shown(browser, f"/chargepoints/chargepoint/{world.market.pk}/overview/")
    assert "FFFF01" in shown(browser)


def test_card_customer_and_point_show_their_last_ten_decisions(world, signed_in):
    for _ in range(11):
        answer = authorize("04AA11", "NLGRGE0001", datetime.now(UTC))
        keep_decision(answer, Asker("api", world.greengrid.pk), answer.as_provider_json(steps=False))
    LOG.flush()
    browser = signed_in(world.ben)
    for page in (
        f"/customers/chargecard/{world.jansens_card.pk}/overview/",
        f"/customers/customer/{world.jansen.pk}/overview/",
        f"/chargepoints/chargepoint/{world.market.pk}/overview/",
    ):
        assert len(browser.get(page).context["decisions"]) == 10


def test_point_and_group_count_decisions_by_reason_and_day(world, backend, signed_in):
    for card in ("04AA11", "04AA11", "04BB22"):
        backend(card)
    for page in (
        f"/chargepoints/chargepoint/{world.market.pk}/overview/",
        f"/chargegroups/chargegroup/{world.leusden.pk}/points/",
    ):
        counts = signed_in(world.ben).get(page).context["counts"]
        (day,) = counts.days
        assert counts.reasons == (
            (BY_REASON["own_user_group"].text, ((day, 2),)),
            (BY_REASON["no_access"].text, ((day, 1),)),
        )


# Export


def rows_of(file: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file)))


def test_the_log_is_exported_with_its_own_columns_and_the_audit_log_says_so(world, backend):
    backend("04AA11")
    backend("FFFF")
    file, _ = export_csv("decisions", provider="GRG")
    assert file.splitlines()[0] == (
        "at,asked_by,card,charge_point,verdict,reason,customer,charge_group,tariff,tariff_valid_from,session"
    )
    known, unknown = rows_of(file)
    assert (known["card"], known["verdict"], known["reason"]) == ("04AA11", "ALLOWED", "own_user_group")
    assert (known["customer"], known["charge_group"], known["tariff"]) == ("1001", "CG-LEUSDEN", "STANDARD")
    assert known["asked_by"].startswith("backend of Leusden")
    assert (unknown["card"], unknown["reason"], unknown["customer"]) == ("FFFF", "card_unknown", "")
    assert AuditEntry.objects.get(event="exported").rows == 2


def test_the_export_tells_of_another_providers_card_what_was_told(world, backend):
    Customer.objects.filter(pk=world.olsen.pk).update(status="blocked")
    backend("04CC33")
    (row,) = rows_of(export_csv("decisions", provider="GRG")[0])
    assert (row["reason"], row["customer"]) == ("card_not_accepted", "")


def test_the_cards_provider_exports_its_cards_decisions_elsewhere_without_what_is_the_others(world, backend, signed_in):
    Customer.objects.filter(pk=world.olsen.pk).update(status="blocked")
    backend("04CC33")
    backend("04AA11")
    (row,) = rows_of(export_csv("decisions", provider="BLV")[0])
    page = signed_in(world.otto).post(f"{LIST}export/", {"format": "0", "resource": ""})
    (on_page,) = rows_of(b"".join(page.streaming_content).decode("utf-8-sig"))
    for each in (row, on_page):
        assert (each["card"], each["customer"], each["reason"]) == ("04CC33", "9001", "customer_blocked")
        assert (each["charge_point"], each["asked_by"]) == ("NLGRGE0001", "another provider")
        assert (each["charge_group"], each["tariff"], each["session"]) == ("", "", "")
    exports = AuditEntry.objects.filter(event="exported")
    assert {(each.provider, each.rows) for each in exports} == {(world.bluevolt, 1)}


def test_what_postgresql_writes_of_the_log_is_what_python_writes(world, backend, signed_in, subtests):
    """For readers of whole providers: sessions, formulas, cards elsewhere, reasons told to few, a card that is gone since."""
    entry = backend("04AA11")
    make_session(world, "=S1", world.market, "04AA11", entry.asked_at + timedelta(seconds=30))
    Customer.objects.filter(pk__in=[world.olsen.pk, world.bakker.pk]).update(status="blocked")
    for card in ("04CC33", "04BB22", "=1+1", "FFFF"):
        backend(card)
    signed_in(world.ben).get("/may-this-card-charge/", {"card": "04CC33", "charge_point": "NLGRGE0001"})
    LOG.flush()
    world.bakkers_card.delete()
    both = make.StaffMemberFactory(role="provider_staff", at=world.greengrid)
    both.memberships.create(provider=world.bluevolt, role="read_only")
    logins = {"a command": None, "staff": world.ben, "the outsider": world.otto, "staff of both": both}
    for whose, login in logins.items():
        for provider in (None, world.greengrid if whose != "the outsider" else world.bluevolt):
            with subtests.test(whose=whose, provider=provider):
                scope = FileScope(login)
                assert is_copied(resource_named("decisions")(scope, provider))
                assert streamed("decisions", scope, provider) == row_by_row("decisions", scope, provider)
    assert not is_copied(resource_named("decisions")(FileScope(world.carla)))


def test_the_cards_provider_lists_its_cards_decisions_elsewhere_without_what_is_the_others(world, backend, signed_in):
    make.TermsFactory(charge_group=world.leusden, tariff=world.standard, valid_from=datetime.now(UTC), roaming=True)
    world.olsens_card.roaming = True
    world.olsens_card.save()
    entry = backend("04CC33")
    backend("04AA11")
    browser = signed_in(world.otto)
    for query in ({}, {"q": "04cc33"}, {"q": "Olsen"}, {"verdict": "ALLOWED"}, {"reason": "roaming_card"}):
        assert [each.pk for each in browser.get(LIST, query).context["cl"].result_list] == [entry.pk], query
    for query in ({"q": "04aa11"}, {"q": "Market"}, {"reason": "own_user_group"}):
        assert list(browser.get(LIST, query).context["cl"].result_list) == [], query
    page = shown(browser, f"{LIST}{entry.pk}/change/")
    assert "Olsen, K." in page
    assert "another provider" in page
    for words in (
        "CG-LEUSDEN",
        "EUR/kWh",
        "STANDARD",
        "Market square",
        "backend of Leusden",
        "The charge point is active",
    ):
        assert words not in page
    assert "EUR/kWh" in shown(signed_in(world.ben), f"{LIST}{entry.pk}/change/")


def test_a_login_of_a_user_group_sees_its_customers_decisions_at_points_of_others(world, backend, signed_in):
    south = make.ChargeGroupFactory(
        user_group=world.south, code="CG-SOUTH", terms={"tariff": world.cheap, "other_user_groups": True}
    )
    make.ChargePointFactory(charge_group=south, identity="NLGRGE0002", name="South quay")
    at_south = backend("04AA11", "NLGRGE0002")
    backend("04BB22", "NLGRGE0002")
    browser = signed_in(world.hugo)
    assert [each.pk for each in browser.get(LIST).context["cl"].result_list] == [at_south.pk]
    page = shown(browser, f"{LIST}{at_south.pk}/change/")
    assert "another user group" in page
    for words in ("CG-SOUTH", "EUR/kWh", "South quay", "backend of Leusden"):
        assert words not in page


def test_pages_of_the_list_go_on_in_the_order_of_time_through_own_points_and_cards_elsewhere(world, signed_in):
    now = datetime.now(UTC)
    for minute in range(90):
        uid, point = ("04AA11", "NLGRGE0001") if minute % 3 else ("04CC33", "NLGRGE0001")
        provider = world.greengrid if minute % 3 else world.bluevolt
        answer = authorize(uid, "NOBLVE0001" if provider == world.bluevolt and minute % 2 else point, now)
        keep_decision(answer, Asker("api", provider.pk), answer.as_provider_json(steps=False))
    LOG.flush()
    browser = signed_in(world.otto)
    whole = list(DecisionEntry.objects.visible_to(world.otto).order_by("-asked_at", "-id").values_list("pk", flat=True))
    assert [each.pk for each in browser.get(LIST).context["cl"].result_list] == whole
    rows = signed_in(world.anna).get(LIST, {"p": 2}).context["cl"].result_list
    everything = list(
        DecisionEntry.objects.visible_to(world.anna).order_by("-asked_at", "-id").values_list("pk", flat=True)
    )
    assert [each.pk for each in rows] == everything[50:]


# The session


@pytest.mark.parametrize(
    ("minutes", "card", "point", "leads"),
    [
        (1, "04AA11", "market", True),
        (6, "04AA11", "market", False),
        (-1, "04AA11", "market", False),
        (1, "04BB22", "market", False),
        (1, "04AA11", "other", False),
    ],
)
def test_a_decision_says_which_session_it_led_to(world, backend, signed_in, minutes, card, point, leads):
    other = make.ChargePointFactory(charge_group=world.leusden, identity="NLGRGE0003")
    make.TermsFactory(
        charge_group=world.leusden,
        tariff=world.standard,
        valid_from=datetime.now(UTC),
        own_user_group=True,
        other_user_groups=True,
    )
    entry = backend("04aa11")
    started = entry.asked_at + timedelta(minutes=minutes)
    make_session(world, "S1", {"market": world.market, "other": other}[point], card, started)
    (row,) = rows_of(export_csv("decisions", provider="GRG")[0])
    assert row["session"] == ("S1" if leads else "")
    page = shown(signed_in(world.ben), f"{LIST}{entry.pk}/change/")
    assert ("Led to the session" in page) == leads


def test_of_two_decisions_before_a_session_the_last_one_led_to_it(world, backend):
    backend("04AA11")
    last = backend("04AA11")
    make_session(world, "S1", world.market, "04AA11", last.asked_at + timedelta(seconds=30))
    assert [row["session"] for row in rows_of(export_csv("decisions", provider="GRG")[0])] == ["", "S1"]


def test_what_was_refused_or_typed_on_the_page_led_to_no_session(world, backend, signed_in):
    Customer.objects.filter(pk=world.bakker.pk).update(status="blocked")
    backend("04BB22")
    signed_in(world.ben).get("/may-this-card-charge/", {"card": "04AA11", "charge_point": "NLGRGE0001"})
    LOG.flush()
    soon = datetime.now(UTC) + timedelta(seconds=30)
    for number, card in enumerate(("04AA11", "04BB22")):
        make_session(world, f"S{number}", world.market, card, soon)
    assert [row["session"] for row in rows_of(export_csv("decisions", provider="GRG")[0])] == ["", ""]


def make_session(world, code, point, card, started):
    session = Session(
        provider=world.greengrid, code=code, charge_point=point, card_uid=card,
        started_at=started, ended_at=started + timedelta(hours=1), kwh=10,
    )  # fmt: skip
    Recorder(world.greengrid).record(session)
    session.save()
    return session


def test_the_list_exports_what_it_shows(world, backend, signed_in):
    for card in ("04AA11", "04BB22"):
        backend(card)
    answer = signed_in(world.hugo).post(f"{LIST}export/?verdict=ALLOWED", {"format": "0", "resource": ""})
    assert [row["card"] for row in rows_of(b"".join(answer.streaming_content).decode("utf-8-sig"))] == ["04AA11"]


def test_decisions_are_never_imported(world, signed_in):
    assert signed_in(world.anna).get(f"{LIST}import/").status_code == 403
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("import_csv", "decisions", "nowhere.csv")
