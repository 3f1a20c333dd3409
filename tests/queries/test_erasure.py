"""What is left of a person who was erased: nothing that names them, in no table; and all that was charged."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from changes.apply import apply_change, apply_now, preview_change
from changes.models import Change, Way
from changes.proposals import ExceptionChanges, NewTerms, ProposedException
from chargegroups.models import ChargeGroup, CustomerException
from chargepoints.models import Rating, Session
from customers import customer_status
from customers.models import AuditEntry, ChargeCard, Customer, Notice, StatusChange
from customers.privacy.erase import erase
from customers.signals import customer_erased
from evcnet.errors import DomainError
from evcnet.history import event_model
from tests import factories as make_a
from tests.sessions import record as charge
from tests.tables import for_each

pytestmark = pytest.mark.django_db

MARK = "Zqperson"
"""Stands in every text that names the person, whatever wrote it."""


def tables_with(word: str) -> dict[str, int]:
    """Every table with a text or JSON column that says the word, in whatever letter case, with the number of rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, string_agg(format('%I::text', column_name), ', ') FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' GROUP BY table_name"
        )
        found = {}
        for table, columns in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {table} WHERE concat_ws(' ', {columns}) ILIKE %s", [f"%{word}%"])
            if count := cursor.fetchone()[0]:
                found[table] = count
    return found


@pytest.fixture
def person(world) -> SimpleNamespace:
    """A customer of North whose name is everywhere: cards, exceptions, notes, sessions here and abroad, a home charger."""
    customer = make_a.CustomerFactory(
        user_group=world.north, number="1777", name=f"{MARK}, née O'Neil (Ann)", email=f"{MARK}@old.example"
    )
    customer.email = f"{MARK}@example.org"
    customer.save()
    card = make_a.ChargeCardFactory(customer=customer, uid=f"{MARK}04FF", visual_number=f"NL-{MARK}-1", roaming=True)
    row = ProposedException(world.leusden, customer, access="allowed", note=f"{MARK} lives next door")
    apply_now(ExceptionChanges([row]), way=Way.COMMAND, by=world.ben, reason=f"asked by {customer.name}")
    neighbour = ProposedException(world.leusden, world.bakker, access="allowed", note=f"friend of {customer.name}.")
    apply_now(ExceptionChanges([neighbour]), way=Way.COMMAND, by=world.ben)
    session = charge(world, "Z1", card=card)
    Session.objects.filter(pk=session.pk).update(note=f"{MARK} called about it")
    Rating.objects.create(
        provider=world.greengrid, session=session, number=2, tariff_version=session.tariff_version,
        ended_at=session.ended_at, kwh=10, currency="EUR", excl_vat=3, incl_vat=3, reason=f"{MARK} complained",
    )  # fmt: skip
    abroad = charge(world, "Z2", card=card, point=world.quay)
    home = _home(world, customer)
    _announced(world)
    Notice.objects.filter(customer=customer).update(error=f"550 {customer.email} unknown")
    world.leusden.additional_information = f"Key at {customer.name}"
    world.leusden.save()
    return SimpleNamespace(customer=customer, card=card, session=session, abroad=abroad, home=home)


def _home(world, customer):
    group = make_a.ChargeGroupFactory(
        user_group=world.north, type=ChargeGroup.Type.HOME, code="CG-HOME", terms={"tariff": world.standard}
    )
    where = {"name": f"{MARK} home", "address": f"{MARK} street 7", "city": f"{MARK} ville", "postal_code": MARK}
    location = make_a.LocationFactory(provider=world.greengrid, **where, latitude="52.1", longitude="5.1")
    return make_a.ChargePointFactory(charge_group=group, location=location, owner=customer, name=f"{MARK}'s charger")


def _announced(world):
    """A change to come, of which everybody affected is told."""
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    at = datetime.now(UTC) + timedelta(days=30)
    shown = preview_change(proposal, at).impact.fingerprint
    apply_change(proposal, fingerprint=shown, at=at, notify=Change.Notify.ALL)


def test_the_person_is_everywhere_before(person):
    """Else the next test would look for what is nowhere."""
    assert {
        "customers_customer", "customers_customerevent", "customers_chargecard", "customers_chargecardevent",
        "customers_notice", "chargegroups_customerexception", "chargegroups_customerexceptionevent",
        "changes_change", "changes_changeevent", "chargegroups_chargegroup", "chargegroups_chargegroupevent",
        "chargepoints_session", "chargepoints_sessionevent", "chargepoints_rating",
        "chargepoints_chargepoint", "chargepoints_chargepointevent", "chargepoints_location",
        "chargepoints_locationevent",
    } <= set(tables_with(MARK))  # fmt: skip


def test_no_table_names_the_person_afterwards(world, person):
    erase(person.customer, by=world.anna)
    assert tables_with(MARK) == {}


def test_what_was_charged_stays_to_the_cent(world, person):
    before = list(Rating.objects.order_by("pk").values("session", "number", "kwh", "excl_vat", "incl_vat", "lines"))
    erase(person.customer, by=world.anna)
    assert (
        list(Rating.objects.order_by("pk").values("session", "number", "kwh", "excl_vat", "incl_vat", "lines"))
        == before
    )
    session = Session.objects.get(code="Z1")
    assert (session.kwh, session.customer_id, session.card_id) == (20, person.customer.pk, person.card.pk)


def test_the_sessions_of_a_card_stay_together_under_a_word_that_says_nothing(world, person):
    erase(person.customer, by=world.anna)
    card = ChargeCard.objects.get(pk=person.card.pk)
    assert card.status == "deactivated"
    assert {card.uid} == set(Session.objects.filter(code__in=["Z1", "Z2"]).values_list("card_uid", flat=True))


def test_a_row_without_a_name_stays_under_its_number(world, person):
    erase(person.customer, by=world.anna)
    left = Customer.objects.get(pk=person.customer.pk)
    assert (left.number, left.name, left.email, left.status) == ("1777", "Erased customer", "", "deactivated")
    assert left.erased_at is not None


def test_exceptions_are_removed_by_a_change_that_tells_nobody(world, person):
    erase(person.customer, by=world.anna)
    assert not CustomerException.objects.filter(customer=person.customer).exists()
    change = Change.objects.latest("pk")
    assert (change.kind, change.made_by, change.notify) == ("exceptions", world.anna, "none")
    assert change.preview_note == "not shown: erasure"


def test_a_home_charger_loses_its_owner_and_the_home_its_address(world, person):
    erase(person.customer, by=world.anna)
    person.home.refresh_from_db()
    place = person.home.location
    assert (person.home.owner, person.home.status) == (None, "inactive")
    assert (place.name, place.address, place.city, place.latitude, str(place.country)) == (
        "Erased home",
        "",
        "",
        None,
        "NL",
    )


def test_an_address_where_others_charge_too_is_not_the_persons(world, person):
    make_a.ChargePointFactory(charge_group=world.leusden, location=person.home.location)
    erase(person.customer, by=world.anna)
    person.home.location.refresh_from_db()
    assert person.home.location.city == f"{MARK} ville"


def test_the_neighbours_keep_what_is_said_of_them(world, person):
    erase(person.customer, by=world.anna)
    assert CustomerException.objects.get(customer=world.bakker).note == "friend of (erased)."
    world.bakker.refresh_from_db()
    assert (world.bakker.name, world.bakker.erased_at) == ("Bakker, M.", None)


def test_a_word_that_only_begins_like_the_name_stays(world):
    customer = make_a.CustomerFactory(user_group=world.north, name="Berg", email="")
    world.leusden.additional_information = "Bergstraat 5, ask Berg"
    world.leusden.save()
    erase(customer)
    world.leusden.refresh_from_db()
    assert world.leusden.additional_information == "Bergstraat 5, ask (erased)"


def test_a_uid_that_another_customer_has_now_stays_theirs(world, person):
    """A card that changed hands is the new holder's, sessions of the new holder included."""
    person.card.customer = world.bakker
    person.card.save()
    afterwards = datetime.now(UTC) + timedelta(days=1)
    charge(world, "Z3", card=person.card, at=f"{afterwards:%Y-%m-%dT%H:%M}")
    erase(person.customer, by=world.anna)
    card = ChargeCard.objects.get(pk=person.card.pk)
    assert (card.uid, card.status) == (f"{MARK}04FF", "active")
    assert Session.objects.get(code="Z3").card_uid == card.uid
    assert (Session.objects.get(code="Z1").card_uid, Session.objects.get(code="Z1").card) == ("erased", None)


def test_notices_that_wait_are_not_mailed(world, person):
    Notice.objects.filter(customer=person.customer).update(state="queued", error="")
    erase(person.customer, by=world.anna)
    assert set(Notice.objects.filter(customer=person.customer).values_list("state", flat=True)) == {"failed"}


def test_the_record_says_who_which_number_and_how_many_rows(world, person):
    rows = erase(person.customer, by=world.anna, address="198.51.100.7")
    entry = AuditEntry.objects.get(event="customer_erased")
    assert (entry.login, entry.provider, entry.about) == (world.anna, world.greengrid, "customer 1777")
    assert (entry.rows, entry.address, entry.details) == (
        rows.total(),
        "198.51.100.7",
        dict(rows) | {"status_change": StatusChange.objects.get().pk},
    )
    assert entry.details["cards"] > 1


def test_nobody_is_erased_twice(world, person):
    erase(person.customer, by=world.anna)
    events = event_model(Customer).objects.count()
    with pytest.raises(DomainError, match="already"):
        erase(person.customer, by=world.anna)
    assert AuditEntry.objects.filter(event="customer_erased").count() == 1
    assert event_model(Customer).objects.count() == events


def test_cards_and_chargers_that_were_removed_are_erased_in_the_history(world, person):
    removed = make_a.ChargeCardFactory(customer=person.customer, uid=f"{MARK}REMOVED")
    removed.delete()
    assert "customers_chargecardevent" in tables_with(f"{MARK}REMOVED")
    erase(person.customer, by=world.anna)
    assert tables_with(MARK) == {}


def test_a_name_at_the_beginning_of_a_line_of_a_changes_reason_goes_too(world, person):
    note = f"asked twice:\n{person.customer.name} said so"
    apply_now(ExceptionChanges([ProposedException(world.leusden, world.bakker, note=note)]), way=Way.COMMAND)
    erase(person.customer, by=world.anna)
    assert tables_with(MARK) == {}


def test_a_card_that_a_note_spells_otherwise_is_replaced_too(world, person):
    make_a.ChargeCardFactory(customer=person.customer, uid="04386B4DFF")
    note = "lost 04:38:6b:4d:ff, not 04386B4DFF0; called at 04.38"
    apply_now(ExceptionChanges([ProposedException(world.leusden, world.bakker, note=note)]), way=Way.COMMAND)
    charge(world, "S-SPELLED", card="04-38-6b-4d-ff")
    erase(person.customer, by=world.anna)
    exception = CustomerException.objects.get(customer=world.bakker)
    assert exception.note == "lost (erased), not 04386B4DFF0; called at 04.38"
    assert tables_with("6b-4d-ff") == tables_with("6b:4d:ff") == {}


def test_a_receiver_that_fails_refuses_the_erasure(world, person):
    def fails(**_):
        raise DomainError("not now")

    customer_erased.connect(fails)
    try:
        with pytest.raises(DomainError, match="not now"):
            erase(person.customer, by=world.anna)
    finally:
        customer_erased.disconnect(fails)
    left = Customer.objects.get(pk=person.customer.pk)
    assert (left.name, left.erased_at) == (person.customer.name, None)
    assert CustomerException.objects.filter(customer=left).exists()
    assert not AuditEntry.objects.filter(event="customer_erased").exists()


# Afterwards


@pytest.fixture
def erased(world, person):
    erase(person.customer, by=world.anna)
    return Customer.objects.get(pk=person.customer.pk)


@pytest.mark.parametrize("change", [{"name": "Zq"}, {"status": "active"}, {"erased_at": None}, {"number": "1"}])
def test_an_erased_customer_never_changes_again(erased, change):
    with pytest.raises(IntegrityError, match="was erased"), transaction.atomic():
        Customer.objects.filter(pk=erased.pk).update(**change)
    assert Customer.objects.get(pk=erased.pk).name == "Erased customer"


def test_but_a_user_group_can_be_emptied_of_it(world, erased):
    Customer.objects.filter(pk=erased.pk).update(user_group=world.south)
    erased.refresh_from_db()
    assert erased.user_group == world.south


def test_letting_back_in_refuses_with_the_reason(erased):
    (refused,) = customer_status.unblock([erased]).refusals
    assert "was erased" in refused.text


def test_nothing_is_tied_to_an_erased_customer(world, erased):
    with pytest.raises(IntegrityError, match="was erased"), transaction.atomic():
        make_a.ChargeCardFactory(customer=erased)
    with pytest.raises(IntegrityError, match="was erased"), transaction.atomic():
        make_a.CustomerExceptionFactory(charge_group=world.leusden, customer=erased)
    with pytest.raises(IntegrityError, match="was erased"), transaction.atomic():
        make_a.ChargePointFactory(charge_group=world.leusden, owner=erased)
    assert not CustomerException.objects.filter(customer=erased).exists()


def test_nobody_is_marked_as_erased_who_is_not(world):
    with pytest.raises(IntegrityError, match="one routine"), transaction.atomic():
        Customer.objects.filter(pk=world.jansen.pk).update(erased_at=datetime.now(UTC))
    assert not Customer.objects.exclude(erased_at=None).exists()


# The history


def tracked():
    return [model for model in apps.get_models() if hasattr(model, "pgh_tracked_model")]


@for_each("model", tracked())
def test_every_history_refuses_to_be_changed(model, db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = 'history_stays' AND tgenabled = 'O'",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (1,)


def test_the_history_is_never_changed_nor_shortened(world):
    events = event_model(Customer).objects.filter(pgh_obj=world.jansen)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        events.update(name="Somebody")
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        events.delete()
    assert set(events.values_list("name", flat=True)) == {"Jansen, T."}


def test_even_an_erasure_overwrites_personal_columns_alone(world, person):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL evcnet.erasure = 'on'")
        for statement in (
            "UPDATE customers_customerevent SET status = 'blocked'",
            "DELETE FROM customers_customerevent",
            "UPDATE chargepoints_rating SET excl_vat = 0",
            "UPDATE chargepoints_session SET kwh = 1",
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                cursor.execute(statement)
    assert Rating.objects.filter(session=person.session, number=1, excl_vat__gt=0).exists()
