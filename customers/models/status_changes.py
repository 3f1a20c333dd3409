"""Changes of status: what an action set on which rows, who did it and why, and what held before."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from customers.models.logins import StaffMember
from customers.models.providers import Provider
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager, Tenancy


class StatusChange(models.Model):
    """One action on rows of one model and provider: block, approve, publish ..., or the undo of one.

    ``context`` is that of the history: the entries of the rows that it changed carry it, and so do its parts at other
    providers, where one action met rows of several. ``before`` lists the earlier values, each with the keys of the rows
    that had it. Provider and login
    bind nothing: bound keys lock their rows, and two who switch each other's login off would wait for one another.
    """

    provider = models.ForeignKey(Provider, models.DO_NOTHING, db_constraint=False, related_name="+")
    context = models.UUIDField()
    model = models.CharField(max_length=60, help_text="The rows' model, such as customers.chargecard.")
    field = models.CharField(max_length=20)
    value = models.JSONField(help_text="What the rows have since.")
    before = models.JSONField()
    rows = models.PositiveBigIntegerField()
    action = models.CharField(max_length=30)
    permission = models.CharField(max_length=20, help_text="What it took on each row: change, approve, block.")
    summary = models.CharField(max_length=100, help_text="Such as “2 charge cards blocked”.")
    reason = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    made_by = models.ForeignKey(StaffMember, models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    undoable = models.BooleanField(default=True, help_text="False for an undo, and for what has no way back.")
    undone_at = models.DateTimeField(null=True)
    undoes = models.ForeignKey("self", models.PROTECT, null=True, related_name="undone_by")

    personal_data = PersonalData(
        texts=("reason",), impersonal=("model", "field", "value", "before", "action", "permission", "summary")
    )
    tenancy = Tenancy()
    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["context", "provider"], name="status_change_once"),
        ]
        indexes = [models.Index(fields=["made_by", "-made_at"], name="status_change_of_login")]

    def __str__(self) -> str:
        return self.summary
