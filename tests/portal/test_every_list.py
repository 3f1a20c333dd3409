"""Every list page of the portal: it costs as many queries with many rows as with few, and names no neighbour's rows."""

import pytest
from django.contrib.admin import site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from changes import models as change_models
from changes.impact import EFFECTS
from chargegroups import models as groups
from chargepoints import models as points
from customers import models as people
from customers.models.audit import AuditEntry
from gateway import models as devices
from roaming import models as roaming
from tariffs import models as price_lists
from tests import factories as make
from tests.tables import for_each

pytestmark = pytest.mark.django_db

FEW, MANY = 5, 500
LISTS = sorted(site._registry, key=lambda model: model._meta.label)


def provider(world, n):
    made = make.ProviderFactory.create_batch(n)
    for each in made:
        people.Membership.objects.create(staff_member=world.anna, provider=each, role="provider_admin")


def letter_settings(world, n):
    provider(world, n)
    people.LetterSettings.objects.bulk_create(
        people.LetterSettings(provider=each) for each in people.Provider.objects.filter(letter_settings=None)
    )


def logins(world, n):
    make.StaffMemberFactory.create_batch(n, role="helpdesk", at=world.greengrid, password="!")


def jobs(world, n):
    for login in make.StaffMemberFactory.create_batch(n, role="helpdesk", at=world.greengrid, password="!"):
        people.Job.objects.create(provider=world.greengrid, login=login, kind="import", title="a file")


def api_keys(world, n):
    for number in range(n):
        people.ApiKey.make(provider=world.greengrid, name=f"Key {number}")


def user_groups(world, n):
    make.UserGroupFactory.create_batch(n, provider=world.greengrid, parent=world.north)


def customers(world, n):
    make.CustomerFactory.create_batch(n, user_group=world.north)


def cards(world, n):
    make.ChargeCardFactory.create_batch(n, customer=world.jansen)


def tariffs(world, n):
    make.TariffFactory.create_batch(n, provider=world.greengrid)


def charge_groups(world, n):
    for number in range(n):
        tariff = world.standard if number % 2 else world.cheap
        make.ChargeGroupFactory(user_group=world.north, terms={"tariff": tariff, "own_user_group": True})


def locations(world, n):
    make.LocationFactory.create_batch(n, provider=world.greengrid)


def charge_points(world, n):
    make.ChargePointFactory.create_batch(n, charge_group=world.leusden, location=world.market.location)


def sessions(world, n):
    now = timezone.now()
    points.Session.objects.bulk_create(
        points.Session(
            provider=world.greengrid,
            code=f"S{n}-{number}",
            charge_point=world.market,
            customer=world.jansen,
            card=world.jansens_card,
            tariff_version=world.standard.versions.get(),
            started_at=now,
            ended_at=now,
            kwh=1,
        )
        for number in range(n)
    )


def decisions(world, n):
    now = timezone.now()
    points.DecisionEntry.objects.bulk_create(
        points.DecisionEntry(
            asked_at=now,
            at=now,
            source="explainer",
            provider=world.greengrid,
            login=world.ben,
            card_uid="04AA11",
            identity="NLGRGE0001",
            card=world.jansens_card,
            customer=world.jansen,
            charge_point=world.market,
            charge_group=world.leusden,
            verdict="ALLOWED",
            reason="own_user_group",
            told="own_user_group",
            facts={},
            answer={},
        )
        for _ in range(n)
    )


def notices(world, n):
    announcement = people.Announcement.objects.create(
        provider=world.greengrid, key=f"change-{n}", template="changed", context={"groups": ["Leusden centre"]}
    )
    people.Notice.objects.bulk_create(
        people.Notice(provider=world.greengrid, announcement=announcement, customer=customer)
        for customer in make.CustomerFactory.create_batch(n, user_group=world.north)
    )


def alerts(world, n):
    made = people.Alert.objects.bulk_create(
        people.Alert(
            provider=world.greengrid,
            change=1_000 * n + number,
            event="applied",
            kind="New terms",
            sentence=f"Change {number}",
            takes_effect_at=timezone.now(),
            made_by=world.ben,
            user_group_ids=[world.north.pk],
            groups=[{"user_group": world.north.pk, "names": ["Leusden centre"], "count": 1}],
            counts=[{"user_groups": [world.north.pk], "effect": "pays_more", "count": 1}],
        )
        for number in range(n)
    )
    people.StaffAlert.objects.bulk_create(
        people.StaffAlert(provider=world.greengrid, alert=alert, login=world.anna) for alert in made
    )


def records(world, n):
    AuditEntry.objects.bulk_create(
        AuditEntry(event="signed_in", provider=world.greengrid, login=world.ben, who="Ben") for _ in range(n)
    )


def changes(world, n):
    made = change_models.Change.objects.bulk_create(
        change_models.Change(
            provider=world.greengrid,
            kind="terms",
            sentence=f"Change {number}",
            takes_effect_at=timezone.now(),
            made_by=world.anna,
            way="preview",
            proposal={},
            earlier={},
            impact={"counts": dict.fromkeys(EFFECTS, 1)},
            fingerprint="",
        )
        for number in range(n)
    )
    for change in made:
        change.groups.set([world.leusden])


def drafts(world, n):
    made = change_models.Draft.objects.bulk_create(
        change_models.Draft(
            provider=world.greengrid,
            author=world.anna,
            kind="terms",
            sentence=f"Draft {number}",
            proposal={},
            picture={"counts": dict.fromkeys(EFFECTS, 1)},
        )
        for number in range(n)
    )
    for draft in made:
        draft.groups.set([world.leusden])


def unknown_devices(world, n):
    devices.UnknownDevice.objects.bulk_create(
        devices.UnknownDevice(identity=f"NEW-{n}-{number}", provider=world.greengrid) for number in range(n)
    )


def partners(world, n):
    for number in range(n):
        partner = make.PartnerFactory(provider=world.greengrid, tariff=world.cheap if number % 2 else None)
        make.PartnerTokenFactory(partner=partner)


def partner_tokens(world, n):
    for _ in range(n):
        make.PartnerTokenFactory(partner=make.PartnerFactory(provider=world.greengrid))


def partner_messages(world, n):
    for _ in range(n):
        roaming.PartnerMessage.objects.create(
            provider=world.greengrid, partner=make.PartnerFactory(provider=world.greengrid), at=timezone.now(),
            direction="in", method="GET", path="/ocpi/versions", http_status=200, milliseconds=3,
        )  # fmt: skip


MAKERS = {
    roaming.Partner: partners,
    roaming.PartnerToken: partner_tokens,
    roaming.PartnerMessage: partner_messages,
    devices.UnknownDevice: unknown_devices,
    people.Notice: notices,
    people.Job: jobs,
    people.StaffAlert: alerts,
    AuditEntry: records,
    change_models.Change: changes,
    change_models.Draft: drafts,
    people.Provider: provider,
    people.LetterSettings: letter_settings,
    people.StaffMember: logins,
    people.ApiKey: api_keys,
    people.UserGroup: user_groups,
    people.Customer: customers,
    people.ChargeCard: cards,
    price_lists.Tariff: tariffs,
    groups.ChargeGroup: charge_groups,
    points.Location: locations,
    points.ChargePoint: charge_points,
    points.Session: sessions,
    points.DecisionEntry: decisions,
}


def address(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def cost(browser, url) -> tuple[int, list[str]]:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = browser.get(url)
    assert response.status_code == 200
    return len(queries), [query["sql"][:200] for query in queries]


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_many_rows_cost_no_more_queries_than_few(world, signed_in, model):
    assert model in MAKERS, f"say how rows of {model._meta.label} are made, so that its list is tried as well"
    browser = signed_in(world.anna)
    MAKERS[model](world, FEW)
    cost(browser, address(model))
    few, _ = cost(browser, address(model))
    MAKERS[model](world, MANY - FEW) if model is not people.Provider else MAKERS[model](world, 60)
    many, asked = cost(browser, address(model))
    assert many <= few, asked
    assert many < 40, asked


@for_each("model", LISTS)
def test_a_list_shows_no_row_of_another_provider(world, signed_in, model):
    mine = signed_in(world.anna).get(address(model))
    theirs = signed_in(world.otto).get(address(model))
    assert mine.status_code == 200
    if theirs.status_code == 403:
        return
    shown = set(mine.context["cl"].result_list)
    assert shown.isdisjoint(theirs.context["cl"].result_list)


@for_each("query", ["?q=%00&p=x&o=x", "?id__exact=x", "?provider__name=BlueVolt", "?all=", "?p=99999", "?q=%25_%27"])
def test_nonsense_in_the_address_of_a_list_never_fails(world, signed_in, query):
    anna = signed_in(world.anna)
    for model in LISTS:
        response = anna.get(address(model) + query)
        assert response.status_code in (200, 302, 400), model
        assert "BlueVolt" not in response.content.decode(), model
