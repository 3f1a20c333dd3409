"""Audit log: sign-ins, refusals, roles, and who took which data away."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from customers.models.logins import StaffMember
from customers.models.providers import Provider
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager, Tenancy


class AuditEntry(models.Model):
    """One line of the record. Written by ``customers.audit`` and by triggers; the database lets nobody change it.

    Its foreign keys bind nothing: a line outlives the login and the provider that it tells of.
    """

    class Event(models.TextChoices):
        SIGNED_IN = "signed_in", "signed in"
        SIGNED_OUT = "signed_out", "signed out"
        SIGN_IN_REFUSED = "sign_in_refused", "sign-in refused"
        LOCKED_OUT = "locked_out", "locked out"
        SESSION_ENDED = "session_ended", "session ended"
        PASSWORD_SET = "password_set", "password set"
        FACTOR_ADDED = "factor_added", "second factor added"
        FACTOR_REMOVED = "factor_removed", "second factor removed"
        PAGE_REFUSED = "page_refused", "page refused"
        INVITED = "invited", "invited"
        LOGIN_SWITCHED_OFF = "login_switched_off", "login switched off"
        LOGIN_SWITCHED_ON = "login_switched_on", "login switched on"
        ROLE_GIVEN = "role_given", "role given"
        ROLE_CHANGED = "role_changed", "role changed"
        ROLE_TAKEN = "role_taken", "role taken"
        KEY_MADE = "key_made", "API key made"
        KEY_SWITCHED_OFF = "key_switched_off", "API key switched off"
        KEY_SWITCHED_ON = "key_switched_on", "API key switched on"
        KEY_REMOVED = "key_removed", "API key removed"
        EXPORTED = "exported", "data exported"
        CUSTOMER_EXPORTED = "customer_exported", "customer's data exported"
        CUSTOMER_ERASED = "customer_erased", "customer erased"
        QUEUE_ENTRY_REMOVED = "queue_entry_removed", "driver removed from a queue"
        LINK_MADE = "link_made", "driver's link made"
        LINK_WITHDRAWN = "link_withdrawn", "driver's links withdrawn"
        PARTNER_CONNECTION = "partner_connection", "connection of a partner changed"
        STATUS_CHANGED = "status_changed", "status changed"
        STATUS_UNDONE = "status_undone", "change of status undone"
        FINDING_ASIDE = "finding_aside", "findings set aside"
        FINDING_BACK = "finding_back", "findings brought back"

    at = models.DateTimeField("when", db_default=Now(), editable=False)
    event = models.CharField("what", max_length=20, choices=Event)
    provider = models.ForeignKey(Provider, models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    login = models.ForeignKey(StaffMember, models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    who = models.CharField(max_length=400, blank=True, help_text="The login as it was called then; empty: a command.")
    about = models.CharField(max_length=500, blank=True)
    rows = models.PositiveBigIntegerField(null=True, help_text="How many rows it concerned.")
    address = models.GenericIPAddressField("from", null=True)
    details = models.JSONField(default=dict)

    personal_data = PersonalData(impersonal=("about", "details", "who"))
    tenancy = Tenancy()
    objects = ScopedManager()

    class Meta:
        verbose_name = "entry of the activity"
        verbose_name_plural = "activity"
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["provider", "-at", "-id"], name="record_by_time")]

    def __str__(self) -> str:
        return f"{self.get_event_display()}: {self.about or self.who}"
