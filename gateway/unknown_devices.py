"""Devices that knock: those whose identity nobody knows. At most a thousand are kept, ten new ones a minute of an address."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from chargepoints.models import ChargePoint
from customers.models import Provider
from evcnet.code_keys import IdentityKey
from evcnet.codes import identity_key
from gateway.models import UnknownDevice
from gateway.registration import Boot

MOST = 1_000
NEW_A_MINUTE = 10
LOCK = "evcnet.unknown_devices"


def record_knock(identity: str, address: str | None, protocol: str, boot: Boot | None = None) -> bool:
    """Keep that the device was there; False where it is one too many of its address. The one not heard of for the longest
    time makes room for a new one."""
    now, boot = timezone.now(), boot or Boot()
    texts = {"vendor": boot.vendor, "model": boot.model, "serial_number": boot.serial_number, "protocol": protocol}
    values = {name: text[:50] for name, text in texts.items() if text} | {"last_at": now}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])
        known = UnknownDevice.objects.filter(identity__identity_key=identity_key(identity))
        if known.update(**values, knocks=F("knocks") + 1, address=address):
            return True
        recent = UnknownDevice.objects.filter(address=address, first_at__gt=now - timedelta(minutes=1))
        if recent.count() >= NEW_A_MINUTE:
            return False
        oldest = UnknownDevice.objects.order_by("-last_at", "-pk").values("pk")[MOST - 1 :]
        UnknownDevice.objects.filter(pk__in=list(oldest.values_list("pk", flat=True))).delete()
        UnknownDevice.objects.create(identity=identity[:48], address=address, provider=claimant(identity), **values)
        return True


def claimant(identity: str) -> Provider | None:
    """The provider whose country and party the identity begins with, as NL*GRG*E1 does; None where that is nobody."""
    letters = identity_key(identity).replace("_", "")
    return Provider.objects.filter(country_code=letters[:2], party_id=letters[2:5]).first()


def forget(identity: str) -> None:
    """The identity has a charge point now."""
    UnknownDevice.objects.filter(identity__identity_key=identity_key(identity)).delete()


def forget_known() -> int:
    """Those whose identity a charge point has got since, by a file or a feed; how many."""
    known = ChargePoint.objects.filter(identity__identity_key=IdentityKey(OuterRef("identity")))
    return UnknownDevice.objects.filter(Exists(known.order_by())).delete()[0]
