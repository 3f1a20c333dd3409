"""Social charging in the demo: two drivers wait at a charge point of Waterland, others waited, and one has a link."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Hold
from customers.models import Customer
from socialcharging.links import make_link
from socialcharging.models import Queue, QueueEntry, SocialSettings

WAITED = ((26, 41, "used"), (20, 15, "missed"), (9, 33, "used"), (5, 8, "left"))
"""Hours ago, minutes of waiting, and how it ended."""
WORDS = {
    "words_en": "Please move your car when it is charged.",
    "words_nl": "Zet uw auto weg als hij is opgeladen.",
    "words_de": "Bitte fahren Sie weg, wenn Ihr Auto geladen ist.",
    "words_fr": "Merci de déplacer votre voiture une fois rechargée.",
}


def make_queues(group: ChargeGroup) -> str:
    """The path of the driver's page of the first who waits."""
    now = timezone.now()
    point = ChargePoint.objects.filter(charge_group=group, status=ChargePoint.Status.ACTIVE).order_by("identity")[0]
    drivers = Customer.objects.filter(
        user_group=group.user_group, status=Customer.Status.ACTIVE, chargecard__status="active"
    )
    people = list(drivers.order_by("pk").distinct()[: 2 + len(WAITED)])
    owned = {"provider": group.provider, "charge_point": point}
    SocialSettings.objects.create(provider=group.provider, charge_group=group, **WORDS)
    Queue.objects.create(**owned, charge_group=group)
    for minutes, customer in zip((25, 10), people, strict=False):
        QueueEntry.objects.create(**owned, customer=customer, joined_at=now - timedelta(minutes=minutes))
    for (hours, minutes, outcome), customer in zip(WAITED, people[2:], strict=False):
        joined = now - timedelta(hours=hours)
        over = {"left_at": joined + timedelta(minutes=minutes), "outcome": Hold.Outcome(outcome)}
        QueueEntry.objects.create(**owned, customer=customer, joined_at=joined, **over)
    return f"/my/{make_link(people[0], None, now)[1]}/"
