"""Files of sessions, row by row."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone

from chargepoints.models import ChargePoint, Rating, Session
from chargepoints.rating import Measured, correct
from chargepoints.session_recorder import explain_session
from customers.models import ChargeCard
from tariffs.models import TariffElement
from tariffs.writes import add_version
from tests import factories as make
from tests.importexport.files import export_csv, import_csv
from tests.sessions import record
from tests.tables import for_each

pytestmark = pytest.mark.django_db
HEADER = "id,charge_point,card_uid,started_at,ended_at,kwh,parking_seconds,note"
GOOD = "S1,NLGRGE0001,04AA11,2026-03-02T09:00,2026-03-02T11:00,20,1800,"


def nothing_written():
    return not Session.objects.exists() and not Rating.objects.exists()


def test_a_row_is_decided_and_rated_with_the_tariff_in_force_at_its_start(world, take):
    assert take("sessions", HEADER, GOOD).counts == (1, 0, 0, 0)
    session = Session.objects.get()
    assert (session.customer, session.card, session.verdict) == (world.jansen, world.jansens_card, "ALLOWED")
    assert session.started_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert session.tariff_version == world.standard.versions.get()
    assert (session.ratings.get().incl_vat, session.ratings.get().parking_seconds) == (7, 1800)


def test_letter_case_of_card_and_charge_point_do_not_matter(world, take):
    other = GOOD.replace("NLGRGE0001", "nlgrge0001").replace("04AA11", "04aa11")
    assert take("sessions", HEADER, other).counts == (1, 0, 0, 0)
    assert Session.objects.get().charge_point == world.market
    assert take("sessions", HEADER, GOOD).counts == (0, 0, 1, 0)


def test_sessions_that_were_not_allowed_come_in_marked_and_counted(world, take):
    answer = take("sessions", HEADER, GOOD, GOOD.replace("S1", "S2").replace("04AA11", "04BB22"),
                  GOOD.replace("S1", "S3").replace("04AA11", "NOBODY"), GOOD.replace("S1", "S4").replace("04AA11", ""))  # fmt: skip
    assert answer.counts == (4, 0, 0, 0)
    found = dict(Session.objects.values_list("code", "reason"))
    assert found == {"S1": "own_user_group", "S2": "no_access", "S3": "card_unknown", "S4": "card_unknown"}
    assert Rating.objects.count() == 1


def test_the_count_of_those_is_told(world, tmp_path, capsys):
    import_csv("sessions", f"{HEADER}\n{GOOD.replace('04AA11', '04BB22')}\n".encode(), tmp_path, provider="GRG")
    assert "1 session was not allowed, and taken in without a price: 1 no_access." in capsys.readouterr().err


@for_each(
    ("wrong", "column", "says"),
    [
        (GOOD.replace("T11:00", "T08:00"), "ended_at", "ends before it starts"),
        (GOOD.replace(",20,", ",-20,"), "kwh", "out of reach"),
        (GOOD.replace(",20,", ",3000,"), "kwh", "3,000 kWh in 7,200 s is more than a charge point delivers"),
        (GOOD.replace(",20,", ",,"), "kwh", "required"),
        (GOOD.replace(",20,", ',"20,5",'), "kwh", "decimal sign is a point"),
        (GOOD.replace(",1800,", ",7201,"), "parking_seconds", "Parking is the last part"),
        (GOOD.replace("NLGRGE0001", "NLGRGE9999"), "charge_point", "no charge point"),
        (GOOD.replace("NLGRGE0001", "NOBLVE0001"), "charge_point", "no charge point"),
        (GOOD.replace("2026-03-02T09:00", "2026-03-29T02:30"), "started_at", "does not exist there"),
        (GOOD.replace("2026-03-02T09:00", "02/03/2026"), "started_at", "not a time in ISO 8601"),
        (GOOD.replace("2026-03-02T09:00", "2190-03-02T09:00"), "started_at", "not begun yet"),
        (GOOD.replace("2026-03-02T09:00", "2024-03-02T09:00"), "ended_at", "longer than a year"),
        (GOOD.replace("2026-03-02T11:00", "2190-03-02T11:00"), "ended_at", "not ended yet"),
        (GOOD.replace("S1", "S" * 40), "id", "36"),
        (GOOD.replace("04AA11", "A" * 40), "card_uid", "36"),
    ],
)
def test_a_row_that_makes_no_sense_is_told_and_nothing_is_written(world, take, wrong, column, says):
    answer = take("sessions", HEADER, GOOD.replace("S1", "S0").replace("04AA11", "04BB22"), wrong)
    assert (answer.status, answer.errors) == (1, [(3, column)]), answer.said
    assert says in answer.messages
    assert nothing_written()


def test_in_the_hour_that_the_clock_repeats_a_time_is_the_first_unless_it_has_its_offset(world, take):
    row = "S{0},NLGRGE0001,CARD{0},{1},2026-10-25T04:00,20,0,"
    local, first, second = "2025-10-26T02:30", "2025-10-26T02:30+02:00", "2025-10-26T02:30+01:00"
    row = row.replace("2026-10-25", "2025-10-26")
    assert take("sessions", HEADER, *(row.format(i, at) for i, at in enumerate((local, first, second)))).status == 0
    starts = [each.started_at for each in Session.objects.order_by("code")]
    assert starts[0] == starts[1] == starts[2] - timedelta(hours=1)
    assert take("sessions", HEADER, row.format(0, local)).counts == (0, 0, 1, 0)


def test_the_same_file_again_changes_nothing(world, take):
    take("sessions", HEADER, GOOD)
    assert take("sessions", HEADER, GOOD).counts == (0, 0, 1, 0)
    assert take("sessions", HEADER, GOOD.replace("04AA11", "04aa11")).counts == (0, 0, 1, 0)
    assert Rating.objects.count() == 1


def test_what_is_rated_is_not_measured_again(world, take):
    take("sessions", HEADER, GOOD)
    answer = take("sessions", HEADER, GOOD.replace(",20,", ",21,"))
    assert answer.errors == [(2, "kwh")]
    assert "Correct its price" in answer.messages
    assert Session.objects.get().kwh == 20
    assert Rating.objects.count() == 1


def test_the_note_of_a_rated_session_may_change(world, take):
    take("sessions", HEADER, GOOD)
    assert take("sessions", HEADER, f"{GOOD}asked about").counts == (0, 1, 0, 0)
    assert (Session.objects.get().note, Rating.objects.count()) == ("asked about", 1)


def test_a_session_that_was_never_rated_is_decided_again_when_its_row_differs(world, take):
    refused = GOOD.replace("04AA11", "04BB22")
    take("sessions", HEADER, refused)
    assert take("sessions", HEADER, refused).counts == (0, 0, 1, 0)
    assert not Rating.objects.exists()
    assert take("sessions", HEADER, GOOD.replace(",20,", ",21,")).counts == (0, 1, 0, 0)
    assert Rating.objects.get().incl_vat == Decimal("7.35")


def test_what_changed_since_the_start_of_a_late_session_changes_neither_verdict_nor_price(world, take):
    ChargeCard.objects.filter(uid="04AA11").update(status="inactive", customer=world.bakker)
    ChargePoint.objects.filter(pk=world.market.pk).update(status="inactive", charge_group=None)
    take("sessions", HEADER, GOOD)
    session = Session.objects.get()
    assert (session.reason, session.customer) == ("own_user_group", world.jansen)
    assert session.ratings.get().incl_vat == 7


def test_a_dry_run_writes_neither_session_nor_rating(world, take):
    assert take("sessions", HEADER, GOOD, dry_run=True).counts == (1, 0, 0, 0)
    assert nothing_written()


def test_what_goes_out_comes_in_unchanged(world, take):
    record(world, "=S1", kwh="20.1250", parking=60)
    record(world, "S2", card=world.olsens_card, at="2025-10-26T02:59")
    record(world, "S3", card="")
    text, told = export_csv("sessions", provider="GRG")
    assert not told
    assert take("sessions", text.encode()).counts == (0, 0, 3, 0)
    assert "'=S1,NLGRGE0001,04AA11,2026-03-02T09:00:00+01:00,2026-03-02T11:00:00+01:00,20.125,60," in text


def test_another_providers_ids_are_its_own(world, take):
    record(world, "S1", card=world.olsens_card, point=world.quay)
    assert take("sessions", HEADER, GOOD).counts == (1, 0, 0, 0)
    assert Session.objects.filter(code="S1").count() == 2


def test_queries_do_not_grow_with_the_rows(world, tmp_path, django_assert_max_num_queries):
    start = datetime(2026, 1, 5, 8, tzinfo=UTC)
    moments = [(start + timedelta(hours=number)).isoformat() for number in range(301)]
    rows = [f"S{n},NLGRGE0001,04AA11,{moments[n]},{moments[n + 1]},7,0," for n in range(300)]
    with django_assert_max_num_queries(45):
        answer = import_csv("sessions", "\n".join([HEADER, *rows]).encode(), tmp_path, provider="GRG")
    assert answer.counts == (300, 0, 0, 0)
    assert Rating.objects.count() == 300


def test_a_session_just_over_is_taken_and_one_to_come_is_not(world, take):
    now = timezone.now()
    start, end = ((now + timedelta(minutes=minutes)).isoformat() for minutes in (-60, -1))
    assert take("sessions", HEADER, f"S1,NLGRGE0001,04AA11,{start},{end},5,0,").status == 0
    later = (now + timedelta(days=1)).isoformat()
    assert take("sessions", HEADER, f"S2,NLGRGE0001,04AA11,{later},{later},5,0,").errors == [(2, "started_at")]


def test_an_inactive_point_refuses_its_sessions_too(world, take):
    make.ChargePointFactory(identity="NLGRGE0077", charge_group=world.leusden, status="inactive")
    assert take("sessions", HEADER, GOOD.replace("NLGRGE0001", "NLGRGE0077")).counts == (1, 0, 0, 0)
    assert Session.objects.get().reason == "charge_point_not_active"


BASE = {
    "providers": "code,name,country_code,party_id,minimum_seconds,minimum_kwh\nHEV,Hunt,NL,HEV,0,0",
    "user_groups": "code,name\nU,U",
    "tariffs": "code,name,valid_from,energy_per_kwh,vat_percent\nT30,30,2020-01-01,0.30,21\nT50,50,2020-01-01,0.50,21",
    "charge_groups": "user_group,code,name,type,tariff,own_user_group,valid_from\n"
    "U,G30,G30,other,T30,true,2020-01-01\nU,G50,G50,other,T50,true,2020-01-01",
    "locations": "code,name,country\nL,L,NL",
    "charge_points": "identity,location,charge_group,status\nCP,L,G30,active",
    "customers": "user_group,number,name\nU,1,First\nU,2,Second",
    "charge_cards": "uid,customer\n04C0FFEE,1",
}
POINT_MOVED = ("charge_points", "identity,charge_group", "CP,G50")
EXCEPTION_MADE = ("exceptions", "charge_group,customer,access,tariff", "G30,1,allowed,T50")
EXCEPTION_EDITED = ("exceptions", "charge_group,customer,access,tariff", "G30,1,denied,")
HANDED_ON = ("charge_cards", "uid,customer", "04C0FFEE,2")
BLOCKED = ("customers", "user_group,number,name,status", "U,1,First,blocked")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("before", "since", "reason", "price"),
    [
        ([], [POINT_MOVED], "own_user_group", "3.63"),
        ([POINT_MOVED], [("charge_points", "identity,charge_group", "CP,G30")], "own_user_group", "6.05"),
        ([], [EXCEPTION_MADE], "own_user_group", "3.63"),
        ([EXCEPTION_MADE], [EXCEPTION_EDITED], "exception_allowed", "6.05"),
        ([], [HANDED_ON], "own_user_group", "3.63"),
        ([], [BLOCKED], "own_user_group", "3.63"),
    ],
    ids=["point moved", "point back", "exception made", "exception edited", "card handed on", "customer blocked"],
)
def test_a_session_that_arrives_late_counts_by_what_held_at_its_start(take, before, since, reason, price):
    for kind, text in BASE.items():
        assert take(kind, *text.split("\n"), provider=None).status == 0
    for row in before:
        assert take(*row, provider=None).status == 0
    start = timezone.now()
    for row in since:
        assert take(*row, provider=None).status == 0
    session = f"TX,CP,04C0FFEE,{start.isoformat()},{timezone.now().isoformat()},10"
    assert take("sessions", "id,charge_point,card_uid,started_at,ended_at,kwh", session, provider=None).status == 0
    recorded = Session.objects.get()
    assert (recorded.reason, recorded.customer.number) == (reason, "1")
    assert recorded.ratings.get().incl_vat == Decimal(price)


# One transaction, and sessions that overlap


def test_the_same_transaction_under_a_second_id_is_refused_with_the_first_ones_id(world, take):
    assert take("sessions", HEADER, GOOD).counts == (1, 0, 0, 0)
    answer = take("sessions", HEADER, GOOD, GOOD.replace("S1", "S2").replace("04AA11", "04aa11"))
    assert (answer.status, answer.errors) == (1, [(3, "id")])
    assert "“S1” under another id" in answer.messages
    assert list(Session.objects.values_list("code", flat=True)) == ["S1"]


def test_two_ids_of_one_transaction_within_a_file_are_refused(world, take):
    answer = take("sessions", HEADER, GOOD, GOOD.replace("S1", "S2"))
    assert (answer.status, answer.errors) == (1, [(3, "id")])
    assert nothing_written()


@for_each(
    ("start", "end", "overlaps"),
    [
        ("2026-03-02T10:59", "2026-03-02T12:00", True),
        ("2026-03-02T08:00", "2026-03-02T12:00", True),
        ("2026-03-02T09:30", "2026-03-02T10:00", True),
        ("2026-03-02T11:00", "2026-03-02T12:00", False),
        ("2026-03-02T08:00", "2026-03-02T09:00", False),
    ],
)
def test_sessions_of_one_point_that_overlap_are_taken_with_a_warning(world, tmp_path, capsys, start, end, overlaps):
    other = f"S2,NLGRGE0001,04BB22,{start},{end},2,0,"
    for rows in ([GOOD], [GOOD, other]):  # the first is stored already
        answer = import_csv("sessions", "\n".join([HEADER, *rows, ""]).encode(), tmp_path, provider="GRG")
        assert answer.status == 0
    assert ("S2 and S1" in capsys.readouterr().err) == overlaps
    assert Session.objects.count() == 2


UNKNOWN_CARD = GOOD.replace("04AA11", "NOBODY")


def test_a_session_that_the_file_changes_overlaps_by_what_the_file_says_of_it(world, tmp_path, capsys):
    later = UNKNOWN_CARD.replace("2026-03-02T", "2026-03-03T")
    inside = "S2,NLGRGE0001,04BB22,2026-03-02T09:30,2026-03-02T10:00,2,0,"
    for rows, told in (([UNKNOWN_CARD], False), ([later, inside], False), ([UNKNOWN_CARD, inside], True)):
        answer = import_csv("sessions", "\n".join([HEADER, *rows, ""]).encode(), tmp_path, provider="GRG")
        assert answer.status == 0
        assert ("overlaps" in capsys.readouterr().err) == told, rows


def test_a_rated_session_whose_note_alone_changes_still_stands_in_the_way_of_its_double(world, take):
    take("sessions", HEADER, GOOD)
    answer = take("sessions", HEADER, f"{GOOD}asked about", GOOD.replace("S1", "S2"))
    assert (answer.status, answer.errors) == (1, [(3, "id")])
    assert (Session.objects.get().note, Rating.objects.count()) == ("", 1)


def test_a_bad_cell_is_refused_by_the_file_as_by_the_model(world, take):
    """What a form's full_clean says of single values, the bulk insert says too, with the same words."""
    for column, bad in (("id", "S" * 40), ("card_uid", "A" * 40), ("note", "n" * 501)):
        row = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | {column: bad}
        told = take("sessions", HEADER, ",".join(row.values()))
        field = {"id": "code"}.get(column, column)
        with pytest.raises(ValidationError) as refused:
            Session(provider=world.greengrid, **{field: bad}).clean_fields(
                exclude={each.name for each in Session._meta.fields} - {field}
            )
        assert (told.errors, told.messages) == ([(2, column)], " ".join(refused.value.message_dict[field]))
        assert nothing_written()


@pytest.fixture
def cheap_at_night(world):
    """A tariff that is used at one charge point, NLGRGE0044."""
    tariff = make.TariffFactory(provider=world.greengrid, code="NIGHT", per_kwh=None)
    by_day = TariffElement(energy_price="0.40", start_time=time(7), end_time=time(23))
    add_version(tariff, [by_day, TariffElement(energy_price="0.20")], valid_from=make.LONG_AGO)
    group = make.ChargeGroupFactory(user_group=world.north, terms={"tariff": tariff, "own_user_group": True})
    make.ChargePointFactory(charge_group=group, identity="NLGRGE0044")
    return tariff


def test_a_period_that_outlasts_a_price_boundary_is_noted_on_the_rating(world, take, signed_in, capsys, cheap_at_night):
    early = GOOD.replace("NLGRGE0001", "NLGRGE0044").replace("S1", "S2")
    late = early.replace("S2", "S1").replace("T09:00", "T22:30").replace("T11:00", "T23:15").replace("1800", "0")
    assert take("sessions", HEADER, late, early).status == 0
    assert Session.objects.get(code="S2").ratings.get().notes == []
    session, note = Session.objects.get(code="S1"), "spread evenly over 45 minutes that cross 23:00"
    assert session.ratings.get().notes == [note]
    page = signed_in(world.anna).get(f"/chargepoints/session/{session.pk}/change/").content.decode()
    assert f"Energy is {note}" in page
    assert explain_session(session)["price"]["notes"] == [note]
    call_command("explain", session="S1", provider="GRG")
    assert f"Energy is {note}." in capsys.readouterr().out


def test_a_corrected_price_has_the_notes_of_what_was_corrected(world, take, cheap_at_night):
    take("sessions", HEADER, GOOD)
    session = Session.objects.get()
    end = session.started_at + timedelta(hours=15)
    correct(session, cheap_at_night.versions.get(), Measured(session.started_at, end, Decimal(20)), "It ended later.")
    notes = dict(session.ratings.values_list("number", "notes"))
    assert notes == {1: [], 2: ["spread evenly over 900 minutes that cross 23:00"]}
