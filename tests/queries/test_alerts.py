"""Alerts of staff: for whom they are written, what each may read of them, and what never leaves its reach."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from changes.alerts import alert_staff
from changes.apply import apply_now, judge
from changes.cancel import cancel_change as cancel
from changes.models import Change, Way
from changes.proposals import CustomerMoves, ExceptionChanges, NewTerms, NewVersion, ProposedException
from changes.proposals.points import PointMoves
from changes.undo import undo_proposal
from customers.alerts import VIEW, count_unread, mark_read, remove_old_alerts
from customers.models import Alert, Membership, StaffAlert, StaffMember
from customers.permissions import Role
from customers.privacy.erase import erase
from evcnet.datetimes import database_clock
from evcnet.errors import DomainError
from tests import factories as make
from tests.queries.test_change_signals import applied, failing, refusing  # noqa: F401 - fixtures
from tests.queries.test_changes import per_kwh

pytestmark = pytest.mark.django_db
LATER = timedelta(days=3)


def alerted(**narrow):
    """The names of those who have an alert, each as often as they have one."""
    return sorted(StaffAlert.objects.filter(**narrow).values_list("login__name", flat=True))


def part_of(login):
    """What the login reads of its latest alert; None where it has none."""
    copy = StaffAlert.objects.visible_to(login).order_by("-pk").first()
    return copy and copy.alert.part(login.scope(VIEW).within(copy.provider_id))


def counts(part):
    return {effect: count for effect, count in part.counts.items() if count}


def fresh(login):
    return StaffMember.objects.get(pk=login.pk)


@pytest.fixture
def sam(world):
    """The helpdesk of South."""
    return make.StaffMemberFactory(name="Sam", email="sam@south.example", role=Role.HELPDESK, user_group=world.south)


# For whom


def test_the_provider_and_the_user_groups_concerned_are_alerted_and_who_made_the_change_is_not(world, sam):
    applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.ben)
    assert alerted() == ["Anna", "Carla", "Hugo", "Rita"]


def test_more_user_groups_concerned_are_no_more_rows(world):
    applied(NewTerms(world.leusden, {"other_user_groups": True}))
    few = rows_written(lambda: applied(NewTerms(world.leusden, {"tariff": world.cheap})))
    for number in range(5):
        make.CustomerFactory(user_group=make.UserGroupFactory(provider=world.greengrid), number=f"MORE{number}")
    many = rows_written(lambda: applied(NewTerms(world.leusden, {"tariff": world.standard})))
    assert many == few
    assert len(Alert.objects.latest("pk").user_group_ids) >= 6


def rows_written(act):
    """Rows that came or changed, in whichever table."""
    counts = []
    for step in (lambda: None, act):
        step()
        with connection.cursor() as cursor:
            cursor.execute("SELECT sum(n_tup_ins + n_tup_upd) FROM pg_stat_xact_user_tables")
            counts.append(cursor.fetchone()[0])
    return counts[1] - counts[0]


def test_of_a_command_everybody_concerned_is_alerted(world, sam):
    applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    assert alerted() == ["Anna", "Ben", "Carla", "Hugo", "Rita"]


def test_a_user_group_whose_customers_gain_access_is_concerned_though_the_charge_group_is_another_s(world, sam):
    applied(NewTerms(world.leusden, {"other_user_groups": True}), by=world.anna)
    assert alerted() == ["Ben", "Carla", "Hugo", "Rita", "Sam"]


def test_a_login_of_a_user_group_above_is_concerned_and_one_below_is_not(world, sam):
    below = make.UserGroupFactory(provider=world.greengrid, code="POLDER", name="Polder", parent=world.north)
    make.StaffMemberFactory(name="Pia", email="pia@polder.example", role=Role.HELPDESK, user_group=below)
    applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
    assert "Pia" not in alerted() and "Carla" in alerted()
    group = make.ChargeGroupFactory(user_group=below, terms={"tariff": world.standard, "own_user_group": True})
    applied(NewTerms(group, {"tariff": world.cheap}), by=world.anna)
    assert {"Pia", "Carla"} <= set(alerted(alert__sentence__contains=group.name))


def test_a_login_that_is_not_active_or_has_no_role_or_is_of_another_provider_is_not_alerted(world):
    StaffMember.objects.filter(pk=world.hugo.pk).update(is_active=False)
    make.StaffMemberFactory(name="Olaf", email="olaf@platform.example", is_operator=True)
    make.StaffMemberFactory(name="Nobody", email="nobody@greengrid.example")
    applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
    assert alerted() == ["Ben", "Carla", "Rita"]


def test_a_login_with_several_roles_has_one_alert(world):
    Membership.objects.create(staff_member=world.hugo, provider=world.greengrid, user_group=None, role=Role.HELPDESK)
    applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
    assert alerted().count("Hugo") == 1


def test_who_is_concerned_is_who_reaches_the_user_groups_as_scopes_say(world, sam):
    for user_groups in ([], [world.north.pk], [world.south.pk], [world.north.pk, world.south.pk]):
        found = StaffMember.objects.concerned(world.greengrid.pk, user_groups, VIEW)
        reaching = set()
        for login in StaffMember.objects.all():
            scope = login.scope(VIEW)
            if world.greengrid.pk in scope.providers or scope.user_groups & set(user_groups):
                reaching.add(login)
        assert set(found) == reaching


# Of what


def per_kind(world):
    return {
        "terms": NewTerms(world.leusden, {"tariff": world.cheap}),
        "version": NewVersion(world.standard, per_kwh("0.50")),
        "exception": ExceptionChanges([ProposedException(world.leusden, world.jansen, "denied")]),
        "customers": CustomerMoves.to([world.jansen], world.south),
        "points": PointMoves.to([world.market], None),
    }


@pytest.mark.parametrize("kind", ["terms", "version", "exception", "customers", "points"])
def test_every_kind_of_change_alerts(world, kind):
    change = applied(per_kind(world)[kind], by=world.anna)
    assert Alert.objects.get().change == change.pk
    assert {"Ben", "Carla", "Hugo"} <= set(alerted())


def test_a_change_of_price_and_access_is_one_alert(world):
    change = applied(NewTerms(world.leusden, {"tariff": world.cheap, "other_user_groups": True}), by=world.anna)
    assert change.impact["signals"] == ["tariff_changed", "access_changed"]
    assert alerted().count("Ben") == 1 and Alert.objects.count() == 1


def test_scheduling_cancelling_applying_and_undoing_are_told_apart(world):
    scheduled = applied(NewTerms(world.leusden, {"tariff": world.cheap}), database_clock() + LATER, by=world.anna)
    cancel(scheduled, world.ben)
    at_once = applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
    applied(undo_proposal(at_once), by=world.ben, undoes=at_once)
    events = StaffAlert.objects.filter(login=world.carla).order_by("pk").values_list("alert__event", flat=True)
    assert list(events) == ["scheduled", "cancelled", "applied", "undone"]


def test_who_cancels_is_not_alerted_of_it_and_who_made_the_change_is(world):
    change = applied(NewTerms(world.leusden, {"tariff": world.cheap}), database_clock() + LATER, by=world.anna)
    cancel(change, world.ben)
    assert alerted(alert__event="cancelled") == ["Anna", "Carla", "Hugo", "Rita"]
    assert counts(part_of(world.carla)) == {"pays_less": 1}


def test_a_change_without_a_confirmation_of_its_own_alerts_too(world):
    apply_now(NewTerms(world.leusden, {"tariff": world.cheap}), way=Way.COMMAND, by=world.anna)
    assert "Ben" in alerted()


def test_a_note_alone_changes_nobody_s_terms_and_alerts_nobody(world):
    applied(ExceptionChanges([ProposedException(world.leusden, world.jansen, note="mind")]), by=world.anna)
    assert Change.objects.exists() and not Alert.objects.exists()


def test_erasing_a_person_alerts_of_the_exceptions_that_go_and_no_name_stays(world):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="denied")
    group = make.ChargeGroupFactory(
        user_group=world.north, name="Jansen, T.", terms={"tariff": world.standard, "own_user_group": True}
    )
    applied(NewTerms(group, {"tariff": world.cheap}), by=world.anna)
    erase(world.jansen, world.anna)
    assert Alert.objects.filter(kind="Exceptions").count() == 1
    assert not Alert.objects.filter(sentence__contains="Jansen").exists()


def test_what_is_rolled_back_alerts_nobody(world):
    with pytest.raises(RuntimeError), transaction.atomic():
        applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
        assert StaffAlert.objects.exists()
        raise RuntimeError("the power went")
    assert not Alert.objects.exists() and not StaffAlert.objects.exists()


@pytest.mark.parametrize("receiver", ["refusing", "failing"])
def test_another_receiver_that_refuses_leaves_no_alert(world, request, receiver):
    request.getfixturevalue(receiver)
    with pytest.raises(DomainError):
        applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
    assert not Alert.objects.exists() and not StaffAlert.objects.exists()


# What each reads


def test_the_provider_reads_all_and_each_user_group_its_own_part(world, sam):
    make.CustomerFactory.create_batch(2, user_group=world.south)
    centre = make.ChargeGroupFactory(
        user_group=world.south, name="South centre", terms={"tariff": world.standard, "own_user_group": True}
    )
    applied(NewVersion(world.standard, per_kwh("0.50")), by=world.ben)
    whole, north, south = part_of(world.anna), part_of(world.carla), part_of(sam)
    assert (whole.groups, counts(whole), whole.whole) == (["Leusden centre", centre.name], {"pays_more": 4}, True)
    assert (north.groups, counts(north), north.whole) == (["Leusden centre"], {"pays_more": 1}, False)
    assert (south.groups, counts(south), south.whole) == ([centre.name], {"pays_more": 3}, False)
    assert "South" not in north.title and "Leusden" not in south.title


def test_whose_customers_are_affected_at_a_group_of_others_reads_how_many_and_not_where(world, sam):
    applied(NewTerms(world.leusden, {"other_user_groups": True}), by=world.anna)
    part = part_of(sam)
    assert (part.groups, part.more_groups, counts(part)) == ([], 0, {"gains_access": 1})
    assert "Leusden" not in part.title and "Leusden" not in str(StaffAlert.objects.filter(login=sam).get())


def test_a_customer_who_moves_counts_for_both_user_groups_and_once_for_who_sees_both(world, sam):
    both = make.StaffMemberFactory(name="Bo", email="bo@north.example", role=Role.HELPDESK, user_group=world.north)
    Membership.objects.create(staff_member=both, provider=world.greengrid, user_group=world.south, role=Role.HELPDESK)
    applied(CustomerMoves.to([world.jansen], world.south), by=world.anna)
    assert [counts(part_of(login)) for login in (world.carla, sam, both, world.ben)] == [{"loses_access": 1}] * 4


def test_the_counts_are_those_of_the_preview(world):
    make.CustomerFactory.create_batch(3, user_group=world.north)
    change = applied(NewTerms(world.leusden, {"tariff": world.cheap, "other_user_groups": True}), by=world.anna)
    assert part_of(world.ben).counts == change.impact["counts"] | {"unchanged": 0}


def test_a_login_whose_role_was_taken_or_narrowed_sees_the_alerts_no_more(world, sam):
    applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
    assert count_unread(world.hugo) == 1
    Membership.objects.filter(staff_member=world.hugo).update(user_group=world.south)
    assert count_unread(fresh(world.hugo)) == 0 and part_of(fresh(world.hugo)) is None
    Membership.objects.filter(staff_member=world.carla).delete()
    assert count_unread(fresh(world.carla)) == 0
    StaffMember.objects.filter(pk=world.ben.pk).update(is_active=False)
    assert count_unread(fresh(world.ben)) == 0


def test_nobody_sees_or_reads_away_the_alert_of_another(world):
    applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
    of_carla = StaffAlert.objects.get(login=world.carla)
    for other in (world.anna, world.ben, world.hugo, world.otto):
        assert of_carla not in StaffAlert.objects.visible_to(other)
        assert mark_read(other, [of_carla.pk]) == 0
    assert count_unread(world.carla) == 1
    assert mark_read(world.carla, [of_carla.pk]) == 1 and count_unread(world.carla) == 0


def test_a_filter_by_effect_finds_nothing_out_about_customers_of_others(world):
    applied(NewTerms(world.leusden, {"other_user_groups": True}), by=world.anna)  # gained by South alone
    found = StaffAlert.objects.visible_to
    assert found(world.carla).count() == 1 and not found(world.carla).with_effect("gains_access", world.carla)
    assert found(world.ben).with_effect("gains_access", world.ben).count() == 1


# How many statements


def statements(work):
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


def test_alerting_costs_as_many_statements_for_many_logins_and_customers_as_for_few(world):
    written = []

    def once(tariff):
        change = applied(NewTerms(world.leusden, {"tariff": tariff}), by=world.anna)
        Alert.objects.all().delete()
        preview = preview_of(change)
        written.append(statements(lambda: alert_staff(change, preview)))
        return StaffAlert.objects.count()

    few = once(world.cheap)
    make.CustomerFactory.create_batch(50, user_group=world.north)
    make.StaffMemberFactory.create_batch(200, role=Role.HELPDESK, user_group=world.north, password="!")
    assert once(world.standard) == few + 200
    assert written[0] == written[1] <= 8


def preview_of(change):
    """The picture of the change's opposite: as large as its own."""
    return judge(undo_proposal(change))


def test_the_bell_costs_one_statement_for_who_is_signed_in(world):
    applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
    for login in (fresh(world.ben), fresh(world.carla)):
        login.scope(VIEW)
        assert statements(lambda login=login: count_unread(login)) == 1


# For how long


def test_alerts_older_than_a_year_are_removed_and_the_changes_stay(world):
    applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
    applied(NewTerms(world.leusden, {"tariff": world.standard}), by=world.anna)
    old = Alert.objects.earliest("pk")
    Alert.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=366))
    remove_old_alerts(timezone.now())
    assert not Alert.objects.filter(pk=old.pk).exists() and Alert.objects.count() == 1
    assert not StaffAlert.objects.filter(alert=old.pk).exists() and alerted() == ["Ben", "Carla", "Hugo", "Rita"]
    assert Change.objects.count() == 2


def test_the_alerts_of_a_login_go_with_it(world):
    applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
    StaffMember.objects.get(pk=world.hugo.pk).delete()
    assert alerted() == ["Ben", "Carla", "Rita"]
