"""Connections: how a partner and the portal reach one another by OCPI, and the secrets by which they know each other."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from customers.models import Provider
from evcnet.constraints import WithinProvider
from evcnet.history import tracked
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager, Tenancy
from roaming.models.partners import Partner


@tracked(exclude=["token_hash", "partner_token", "endpoints"])
class PartnerConnection(models.Model):
    """The connection of one partner. Of the token by which the partner signs in only the hash is kept.

    Before the partner has registered that is token A, afterwards token C; ``partner_token`` (B) is sent by us and shown
    to nobody. ``endpoints`` are the partner's own, as it listed them: module, role and address.
    """

    class State(models.TextChoices):
        INVITED = "invited", "waits for the partner"
        REGISTERED = "registered", "registered"
        ENDED = "ended", "ended"

    provider = models.ForeignKey(Provider, models.PROTECT)
    partner = models.OneToOneField(Partner, models.PROTECT, related_name="connection")
    state = models.CharField(max_length=10, choices=State, default=State.INVITED)
    token_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)
    partner_token = models.CharField(max_length=64, blank=True, editable=False)
    versions_url = models.CharField("address of its versions", max_length=255, blank=True)
    version = models.CharField("OCPI version", max_length=10, blank=True)
    endpoints = models.JSONField(default=list, editable=False)
    rate_per_minute = models.PositiveIntegerField(
        "requests a minute", default=1200, help_text="Further requests in the same minute are refused (429)."
    )
    registered_at = models.DateTimeField("registered", null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    personal_data = PersonalData(impersonal=("endpoints", "partner_token", "token_hash", "version", "versions_url"))
    tenancy = Tenancy()
    objects = ScopedManager()

    class Meta:
        verbose_name = "connection of a partner"
        verbose_name_plural = "connections of partners"
        ordering = ["partner"]
        constraints = [WithinProvider(field="partner", name="connection_partner_of_same_provider")]

    def __str__(self) -> str:
        return f"{self.partner}: {self.get_state_display()}"

    def endpoint(self, module: str, role: str) -> str | None:
        """The address of the partner's endpoint of a module, as SENDER or RECEIVER; None where it has none."""
        for each in self.endpoints:
            if each["identifier"] == module and each["role"] == role:
                return str(each["url"])
        return None


class PartnerConnectionUse(models.Model):
    """How often a partner asked in its latest minute, and when last: one row a connection, counted across all workers."""

    connection = models.OneToOneField(PartnerConnection, models.CASCADE, primary_key=True, related_name="use")
    minute = models.DateTimeField()
    requests = models.PositiveIntegerField()
    latest_at = models.DateTimeField("last heard of")

    def __str__(self) -> str:
        return f"{self.requests} requests in {self.minute:%H:%M}"
