"""A world in which every text says whose it is: North and South of GreenGrid, and BlueVolt, one of everything each.

What hangs on North says ``zqnorth``, on South ``zqsouth``, on BlueVolt ``zqfjord``; their prices are found nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db import connection, models
from django.utils import timezone

from changes import models as changes
from changes.apply import apply_change, preview_change
from changes.drafts import SavedForm, save_draft
from changes.proposals import NewTerms
from chargegroups import models as groups
from chargepoints import models as points
from chargepoints.models import ChargePoint, Connector, Session
from chargepoints.session_recorder import Recorder
from customers import models as people
from customers.models import ApiKey, AuditEntry, ImportMapping, Membership, Provider
from customers.permissions import Role
from gateway import models as devices
from roaming import models as roaming
from socialcharging import models as social
from tariffs import models as price_lists
from tariffs import writes as tariff_writes
from tariffs.models import TariffElement
from tests import factories as make

MARKS = {
    "own": (b"zqnorth", b"5.5513", b"5.5514"),
    "sibling": (b"zqsouth", b"6.6613", b"6.6614"),
    "other": (b"zqfjord", b"7.7713", b"7.7714", b"59.7713"),
    "GreenGrid": (b"zqgreen",),
    "BlueVolt": (b"zqprovider",),
    "above": (b"zqabove",),
}
"""What must not stand in the answer to somebody who sees nothing of it; all in small letters."""
MISSING = 888_888_888
PRICES = {"north": "5.5513", "south": "6.6613", "fjord": "7.7713"}
LATITUDES = {"north": "52.1", "south": "52.2", "fjord": "59.7713171"}
ALERTED = {"own": "sub provider", "sibling": "provider staff", "other": "outsider"}
"""Whose login has the alert of each tenant: nobody else sees it, of whatever role."""
LATER = timezone.now() + timedelta(days=400)


@dataclass
class Tenant:
    """One of everything, by model; ``rows`` holds them all."""

    mark: str
    provider: Any
    user_group: Any
    rows: dict[type[models.Model], Any] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, model: type[models.Model]) -> Any:
        return self.rows[model]

    def keep(self, row: Any) -> Any:
        return self.rows.setdefault(type(row), row)


@dataclass
class World:
    north: Tenant
    south: Tenant
    fjord: Tenant
    logins: dict[str, Any] = field(default_factory=dict)

    @property
    def tenants(self) -> dict[str, Tenant]:
        """By how they relate to North of GreenGrid."""
        return {"own": self.north, "sibling": self.south, "other": self.fjord}


def build() -> World:
    _ids_that_are_found_nowhere_else()
    greengrid = make.ProviderFactory(code="zqgreen", name="zqgreen GreenGrid", party_id="GRG")
    bluevolt = make.ProviderFactory(code="zqprovider", name="zqprovider BlueVolt", party_id="BLV", country_code="NO")
    world = World(_tenant("north", greengrid), _tenant("south", greengrid), _tenant("fjord", bluevolt))
    world.logins = _logins(world)
    for whose, tenant in world.tenants.items():
        _alert(tenant, world.logins[ALERTED[whose]])
    return world


def _ids_that_are_found_nowhere_else() -> None:
    """Eight digits, other ones in each table: else a 2 on a page might be an id or a count."""
    with connection.cursor() as cursor:
        for number, model in enumerate(apps.get_models()):
            if model._meta.auto_field is not None and model._meta.managed:
                where = [model._meta.db_table, model._meta.pk.column, 41_000_000 + 10_000 * number]
                cursor.execute(
                    "SELECT setval(each::regclass, greatest(%s, nextval(each::regclass)))"
                    " FROM pg_get_serial_sequence(%s, %s) each",
                    [where[2], where[0], where[1]],
                )


def _logins(world: World) -> dict[str, Any]:
    greengrid, north, fjord = world.north.provider, world.north.user_group, world.fjord.provider
    held = {
        "provider admin": {"role": Role.PROVIDER_ADMIN, "at": greengrid},
        "provider staff": {"role": Role.PROVIDER_STAFF, "at": greengrid},
        "sub provider": {"role": Role.SUB_PROVIDER, "user_group": north},
        "helpdesk": {"role": Role.HELPDESK, "user_group": north},
        "read only": {"role": Role.READ_ONLY, "at": greengrid},
        "several roles": {"role": Role.SUB_PROVIDER, "user_group": north},
        "no role": {},
        "operator": {"is_operator": True},
        "outsider": {"role": Role.PROVIDER_STAFF, "at": fjord},
        "other admin": {"role": Role.PROVIDER_ADMIN, "at": fjord},
    }
    marks = {"operator": "platform", "no role": "nobody's", "outsider": "zqprovider", "other admin": "zqprovider"}
    names = {role: f"{marks.get(role, 'zqgreen')} {role}" for role in held}
    logins = {
        role: make.StaffMemberFactory(name=name, email=f"{name.replace(' ', '.')}@example.org", **held[role])
        for role, name in names.items()
    }
    more = {"role": Role.HELPDESK, "provider": greengrid, "user_group": world.south.user_group}
    Membership.objects.create(staff_member=logins["several roles"], **more)
    return logins


def _tenant(mark: str, provider: Provider) -> Tenant:
    """Whatever the portal keeps, once, with the mark in every text."""
    said = {"north": "zqnorth", "south": "zqsouth", "fjord": "zqfjord"}[mark]
    user_group = make.UserGroupFactory(provider=provider, code=f"{said}-group", name=f"{said} group")
    tenant = Tenant(mark, provider, user_group, {people.Provider: provider, people.UserGroup: user_group})
    _prices(tenant, said)
    _customer(tenant, said)
    _places(tenant, said)
    _paper(tenant, said)
    _happenings(tenant, said)
    _devices(tenant, said)
    _queues(tenant, said)
    _price_page(tenant, said)
    _partners(tenant, said)
    return tenant


def _prices(tenant: Tenant, said: str) -> None:
    provider = tenant.provider
    tariff = tenant.keep(
        make.TariffFactory(provider=provider, code=f"{said}-tariff", name=f"{said} tariff", per_kwh=None)
    )
    element = TariffElement(energy_price=Decimal(PRICES[tenant.mark]))
    text = {"alt_text": [{"language": "en", "text": f"{said} for drivers"}], "alt_url": f"https://{said}.example/"}
    tariff_writes.add_version(tariff, [element], valid_from=make.LONG_AGO, ocpi_type=said.upper(), **text)
    next_price = TariffElement(energy_price=_dearer(tenant))
    tariff_writes.add_version(tariff, [next_price], valid_from=LATER, **text)
    tenant.keep(tariff.versions.order_by("-valid_from").first())
    tenant.keep(price_lists.TariffElement.objects.get(version=tenant[price_lists.TariffVersion]))
    tenant.keep(price_lists.TariffOffer.objects.create(provider=provider, tariff=tariff, user_group=tenant.user_group))
    tenant.keep(price_lists.FeedTariff.objects.create(provider=provider, tariff=tariff, feed=f"{said} feed"))
    tenant.rows["second tariff"] = make.TariffFactory(  # type: ignore[index]
        provider=provider, code=f"{said}-second", name=f"{said} second", per_kwh=_dearer(tenant)
    )


def _dearer(tenant: Tenant) -> Decimal:
    return Decimal(PRICES[tenant.mark]) + Decimal("0.0001")


def _customer(tenant: Tenant, said: str) -> None:
    customer = tenant.keep(
        make.CustomerFactory(
            user_group=tenant.user_group, number=f"{said}-1001", name=f"{said} Jansen", email=f"{said}@example.org"
        )
    )
    tenant.keep(make.ChargeCardFactory(customer=customer, uid=f"{said}uid", visual_number=f"{said}-visual"))
    make.CustomerFactory(user_group=tenant.user_group, number=f"{said}-1002", name=f"{said} de Vries", email="")


def _places(tenant: Tenant, said: str) -> None:
    terms = {"tariff": tenant[price_lists.Tariff], "own_user_group": True, "roaming": False}
    group = tenant.keep(
        make.ChargeGroupFactory(
            user_group=tenant.user_group,
            code=f"{said}-chargegroup",
            name=f"{said} quay",
            additional_information=f"{said} information",
            terms=terms,
        )
    )
    tenant.keep(group.terms.get())
    tenant.keep(groups.TariffUse.objects.get(tariff=tenant[price_lists.Tariff], user_group=tenant.user_group))
    location = tenant.keep(
        make.LocationFactory(
            provider=tenant.provider, code=f"{said}-location", name=f"{said} square", address=f"{said} street 1",
            postal_code=f"{said} 12", city=f"{said} city", latitude=Decimal(LATITUDES[tenant.mark]), longitude=Decimal("5.1"),
        )
    )  # fmt: skip
    point = tenant.keep(
        make.ChargePointFactory(
            charge_group=group, location=location, identity=f"{said}identity", name=f"{said} point",
            maker=f"{said} maker", model=f"{said} model",
            evse_id=f"{said}*E1", ocpi_uid=f"{said}-ocpi", owner=tenant[people.Customer],
        )
    )  # fmt: skip
    socket = {"format": "SOCKET", "max_voltage": 230, "max_amperage": 32}
    texts = {"ocpi_id": f"{said}-connector", "standard": f"{said}-standard", "power_type": said}
    tenant.keep(Connector.objects.create(charge_point=point, **texts, **socket))
    tenant.keep(points.FeedPoint.objects.create(provider=point.provider, charge_point=point, feed=f"{said} feed"))
    held = {"charge_point": point, "customer": tenant[people.Customer], "provider": point.provider}
    begun = timezone.now() - timedelta(days=1)
    over = {"ended_at": begun + timedelta(minutes=5), "outcome": "used"}
    tenant.keep(points.Hold.objects.create(**held, begins_at=begun, until=begun + timedelta(minutes=15), **over))
    tenant.keep(
        make.CustomerExceptionFactory(
            charge_group=group,
            customer=tenant[people.Customer],
            note=f"{said} exception",
            tariff=tenant["second tariff"],  # type: ignore[index]
        )
    )


def _paper(tenant: Tenant, said: str) -> None:
    tenant.keep(_letters(tenant.provider))
    login = make.StaffMemberFactory(
        name=f"{said} helper", email=f"{said}.helper@example.org", role=Role.HELPDESK, user_group=tenant.user_group
    )
    tenant.keep(login)
    tenant.keep(Membership.objects.get(staff_member=login))
    _second_role(tenant, login)
    aside = {"digest": said[:32], "reason": f"{said} aside", "made_by": login}
    tenant.keep(points.Dismissal.objects.create(provider=tenant.provider, **aside))
    key, secret = ApiKey.make(provider=tenant.provider, name=f"{said} program")
    ApiKey.objects.filter(pk=key.pk).update(prefix=f"{said}…"[:12])
    tenant.keep(key)
    tenant.keys["secret"] = secret
    tenant.keep(
        ImportMapping.objects.create(
            provider=tenant.provider, user_group=tenant.user_group, kind=f"{said} kind",
            names={said: "name"}, positions=[said], values={"user_group": said},
        )
    )  # fmt: skip
    tenant.keep(
        AuditEntry.objects.create(
            event=AuditEntry.Event.EXPORTED, provider=tenant.provider, who=f"{said} who", about=f"{said} about",
            details={"file": f"{said}.csv"}, rows=1,
        )
    )  # fmt: skip
    tenant.keep(
        people.Job.objects.create(
            provider=tenant.provider, user_group=tenant.user_group, login=login, kind="preview", state="done",
            title=f"{said} customers.csv", options={"file": f"{said}.csv"}, query=f"q={said}", message=f"{said} message",
            started_at=timezone.now(), ended_at=timezone.now(), result={"rows": 1, "new": 1, "updated": 0, "unchanged": 0},
        )
    )  # fmt: skip
    tenant.keep(
        people.StatusChange.objects.create(
            provider=tenant.provider, context=uuid4(), model="customers.customer", field="status", value="blocked",
            before=[["active", [tenant[people.Customer].pk]]], rows=1, action="block", permission="change",
            summary=f"{said} summary", reason=f"{said} why", made_by=login,
        )
    )  # fmt: skip


def _second_role(tenant: Tenant, login: Any) -> None:
    """A scope that joined the roles would have the login twice."""
    Membership.objects.create(
        staff_member=login, provider=tenant.provider, user_group=tenant.user_group, role=Role.READ_ONLY
    )


def _letters(provider: Provider) -> people.LetterSettings:
    """One row a provider, so that its words carry the provider's mark."""
    mark = provider.code
    words = {
        f"{part}_{language}": f"{mark} {part}"
        for part in ("opening", "ending")
        for language in people.Customer.Language.values
    }
    more = {"sender_name": f"{mark} letters", "reply_to": f"{mark}@example.org", "logo_name": f"{mark}.png"}
    return people.LetterSettings.objects.get_or_create(provider=provider, defaults=words | more)[0]


def _happenings(tenant: Tenant, said: str) -> None:
    """A session with its rating, and a change to come with its notices, one of which could not be mailed."""
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    tenant.keep(session(tenant, f"{said}-session", tenant[people.ChargeCard], start, note=f"{said} noted"))
    tenant.keep(points.Rating.objects.get(session=tenant[Session]))
    tenant.keep(_decision(tenant, said))
    proposal = NewTerms(tenant[groups.ChargeGroup], {"tariff": tenant["second tariff"]})  # type: ignore[index]
    at = timezone.now() + timedelta(days=30)
    login = tenant[people.StaffMember]
    shown = preview_change(proposal, at, login=login).impact
    made = apply_change(
        proposal, fingerprint=shown.fingerprint, at=at, notify="all",
        reason=f"{said} reason", by=login,
    )  # fmt: skip
    tenant.keep(made.change)
    typed = SavedForm(typed=[("tariff", f"{said}-second")], note=f"{said} note")
    proposed = NewTerms(tenant[groups.ChargeGroup], {"tariff": tenant["second tariff"]})  # type: ignore[index]
    tenant.keep(save_draft(preview_change(proposed), typed, login))
    notices = people.Notice.objects.filter(provider=tenant.provider, customer__user_group=tenant.user_group)
    words = {"error": f"{said} mailbox full", "before": f"{said} before", "after": f"{said} after"}
    notices.update(state=people.Notice.State.FAILED, **words)
    tenant.keep(notices.latest("pk"))
    tenant.keep(tenant[people.Notice].announcement)


def _queues(tenant: Tenant, said: str) -> None:
    """The customer waits at the point, is told so, and has a link to the driver's page."""
    point, customer, now = tenant[ChargePoint], tenant[people.Customer], timezone.now()
    group = tenant[groups.ChargeGroup]
    words = {f"words_{language}": f"{said} words" for language in ("en", "nl", "de", "fr")}
    owned: dict[str, Any] = {"provider": tenant.provider}
    tenant.keep(social.SocialSettings.objects.create(**owned, charge_group=group, **words))
    tenant.keep(social.Queue.objects.create(**owned, charge_point=point, charge_group=group))
    owned |= {"customer": customer}
    tenant.keep(social.QueueEntry.objects.create(**owned, charge_point=point, joined_at=now))
    told = {"kind": "waits", "key": f"{said}-1", "created_at": now, "state": "sent"}
    tenant.keep(social.QueueMail.objects.create(**owned, charge_point=point, **told))
    until = now + timedelta(days=90)
    tenant.keep(social.DriverLink.objects.create(**owned, token_hash=f"{said}-hash", created_at=now, expires_at=until))


def _price_page(tenant: Tenant, said: str) -> None:
    """A page that was withdrawn, so that its key opens nothing either."""
    of = {"provider": tenant.provider, "charge_point": tenant[ChargePoint]}
    tenant.keep(points.PricePage.objects.create(**of, key=f"{said}-withdrawn", published=False))


def _devices(tenant: Tenant, said: str) -> None:
    """The device of the charge point, what it reported, and one that nobody knows, of the tenant's provider."""
    point, card, now = tenant[ChargePoint], tenant[people.ChargeCard], timezone.now()
    texts = {"vendor": f"{said} maker", "model": f"{said} model", "serial_number": f"{said}-serial"}
    tenant.keep(
        devices.Device.objects.create(
            charge_point=point, protocol=said, firmware=said, connected_at=now, disconnected_at=now,
            registration="pending", registration_reason=f"{said} is inactive", **texts,
        )
    )  # fmt: skip
    state = {"state": "occupied", "reported": said, "error": f"{said} error", "since": now, "reported_at": now}
    tenant.keep(devices.ConnectorState.objects.create(charge_point=point, evse=1, **state))
    running = devices.Transaction.objects.create(
        provider=tenant.provider, charge_point=point, code=f"{said}-transaction", card_uid=card.uid, card=card,
        customer=card.customer, started_at=now, last_message_at=now, note=f"{said} noted", verdict="ALLOWED",
        reason="own_user_group", tariff_version=tenant[price_lists.TariffVersion], tariff_source="group",
        decision={"price_text": said},
    )  # fmt: skip
    tenant.keep(running)
    tenant.keep(devices.MeterReading.objects.create(transaction=running, at=now, watt_hours=1000))
    sent = {"direction": "in", "kind": "call", "action": said, "unique_id": f"{said}-id", "payload": {"a": said}}
    tenant.keep(devices.Message.objects.create(at=now, charge_point=point, **sent))
    asked = {"kind": "reset", "parameters": {"a": said}, "outcome": f"{said} outcome"}
    tenant.keep(devices.DeviceCommand.objects.create(charge_point=point, **asked))
    unknown = {"provider": tenant.provider, "identity": f"{said}-unknown", "protocol": said}
    tenant.keep(devices.UnknownDevice.objects.create(**unknown, **texts))


def _partners(tenant: Tenant, said: str) -> None:
    """A partner of the provider, with an agreement on a price list and a token."""
    partner = tenant.keep(
        make.PartnerFactory(provider=tenant.provider, name=f"{said} partner", contacts=f"{said} contacts", agreed=False)
    )
    agreed = {"tariff": tenant["second tariff"], "note": f"{said} agreed"}  # type: ignore[index]
    tenant.keep(make.AgreementFactory(partner=partner, **agreed))
    texts = {"contract_id": f"{said}-contract", "visual_number": f"{said}-seen", "issuer": f"{said} issuer"}
    texts |= {"energy_supplier": f"{said} supplier", "energy_contract": f"{said} contract"}
    tenant.keep(make.PartnerTokenFactory(partner=partner, uid=f"{said}token", group_id=f"{said}-fleet", **texts))
    _messages_of_partner(tenant, partner, said)


def _messages_of_partner(tenant: Tenant, partner: roaming.Partner, said: str) -> None:
    of = {"provider": tenant.provider, "partner": partner}
    marks = {
        "partner_token": said,
        "versions_url": f"https://{said}.example",
        "version": said[:10],
        "endpoints": [said],
    }
    connection = tenant.keep(roaming.PartnerConnection.objects.create(**of, **marks))
    tenant.keep(roaming.PushState.objects.create(**of, connection=connection, error=f"{said} error"))
    sent = {"kind": "locations", "code": f"{said}-sent", "evses": [said], "statuses": {said: "AVAILABLE"}}
    tenant.keep(roaming.PushedObject.objects.create(**of, **sent, sent_at=timezone.now()))
    texts = {"method": "GET", "path": f"/{said}", "sent": [said], "answer": [said], "note": said}
    # Its id stands nowhere else on a page: one of its table's own would be a digit.
    when = {"pk": 860_000_000 + partner.pk, "at": timezone.now(), "milliseconds": 1}
    tenant.keep(roaming.PartnerMessage.objects.create(**of, **texts, **when, direction="in"))


def _alert(tenant: Tenant, login: Any) -> None:
    """Of the tenant's change, for one login. What others were alerted of when the worlds arose goes."""
    alert = people.Alert.objects.get(change=tenant[changes.Change].pk)
    alert.copies.all().delete()
    tenant.keep(alert)
    tenant.keep(people.StaffAlert.objects.create(provider=tenant.provider, alert=alert, login=login))


def _decision(tenant: Tenant, said: str) -> points.DecisionEntry:
    point, card = tenant[ChargePoint], tenant[people.ChargeCard]
    # A long number: hiding it in an answer hides nothing else there.
    return points.DecisionEntry.objects.create(
        pk=870_000_000 + point.pk, asked_at=timezone.now(), at=timezone.now(), source="api", provider=tenant.provider, card_provider=tenant.provider,
        api_key=tenant[ApiKey], card_uid=card.uid, identity=point.identity, card=card, customer=card.customer,
        charge_point=point, charge_group=point.charge_group, verdict="ALLOWED", reason="own_user_group",
        told="own_user_group", facts={}, answer={"price_text": f"{said} price"},
    )  # fmt: skip


def session(tenant: Tenant, code: str, card: Any, start: datetime, **more: Any) -> Session:
    made = Session(
        provider=tenant.provider, code=code, charge_point=tenant[ChargePoint], card_uid=card.uid, started_at=start,
        ended_at=start + timedelta(hours=2), kwh=Decimal(20), **more,
    )  # fmt: skip
    rating = Recorder(tenant.provider).record(made)
    made.save()
    if rating is not None:
        rating.session = made
        rating.save()
    return made
