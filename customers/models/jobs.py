"""Jobs that people wait for: large imports, exports, mailings, replays and recounts: how far each is, what came out, whose it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from customers.models.logins import StaffMember
from customers.models.notices import Announcement
from customers.models.providers import Provider, UserGroup
from evcnet.constraints import WithinProvider
from evcnet.personal_data import PersonalData
from evcnet.tenancy import Login, ScopedQuerySet, Tenancy


class JobQuerySet(ScopedQuerySet):
    def visible_to(self, login: Login, action: str = "view") -> Any:
        """Those within reach, and the login's own as long as it holds a role where they are. Who runs the platform sees
        recounts by that, and nobody else's jobs beside them."""
        if not login.is_active or not hasattr(login, "scope"):
            return self.none()
        permitted = login.scope(f"customers.{action}_job")
        scope = replace(permitted, platform=False)
        at_groups = UserGroup.objects.filter(pk__in=scope.user_groups).values("provider")
        where = Q(provider=None) | Q(provider__in=scope.providers) | Q(provider__in=at_groups)
        own = Q(login=login.pk) & where
        recounts = Q(kind=Job.Kind.RECOUNT) if permitted.platform else Q(pk__in=[])
        within = Job.tenancy.clause(Job, scope, action) | own | recounts
        return self.filter(within) if permitted else self.none()

    def over(self) -> Any:
        return self.filter(state__in=Job.OVER)

    def news(self, login: Login) -> Any:
        """The login's own that ended and that it has not opened since."""
        return self.visible_to(login).over().filter(login=login.pk, opened_at=None)


class Job(models.Model):
    """``provider`` None: its rows are of several providers, or of all, and nobody sees it but its login. ``user_group``: that of a
    login that does not reach the whole provider. ``options`` say what is to be done, ``result`` counts what came of it;
    the files lie in a folder of its own (customers/job_files.py).

    ``reach`` is a digest of the login's roles: once they differ, it goes no further and its files are not handed out.
    ``preview`` is the job that an import confirms: each is confirmed once. ``announcement`` is that of a mailing, whose letters are
    mailed by their own queue. ``file_hash`` is the same for jobs that do the same: the hash of the file, or of what a replay asks.
    """

    class Kind(models.TextChoices):
        PREVIEW = "preview", "preview of an import"
        IMPORT = "import", "import"
        EXPORT = "export", "export"
        MAILING = "mailing", "mailing"
        REPLAY = "replay", "replay"
        RECOUNT = "recount", "recount"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    OVER = (State.DONE, State.FAILED, State.CANCELLED)

    provider = models.ForeignKey(Provider, models.CASCADE, null=True)
    user_group = models.ForeignKey(UserGroup, models.CASCADE, null=True)
    login = models.ForeignKey(StaffMember, models.CASCADE, related_name="jobs", verbose_name="started by")
    reach = models.CharField(max_length=64)
    kind = models.CharField(max_length=7, choices=Kind)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    title = models.CharField("what", max_length=300)
    options = models.JSONField(default=dict)
    query = models.TextField(blank=True, help_text="Search and filters of the list whose rows are exported.")
    preview = models.OneToOneField("self", models.CASCADE, null=True, related_name="confirmed_by")
    announcement = models.OneToOneField(Announcement, models.CASCADE, null=True, related_name="job")
    file_hash = models.CharField(max_length=64, blank=True)
    cancel_asked = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    rows_done = models.PositiveBigIntegerField(default=0)
    rows_in_all = models.PositiveBigIntegerField(null=True)
    created_at = models.DateTimeField("started", db_default=Now(), editable=False)
    started_at = models.DateTimeField("taken up", null=True)
    heard_at = models.DateTimeField(null=True, help_text="When its worker last said how far it is.")
    ended_at = models.DateTimeField("ended", null=True)
    opened_at = models.DateTimeField(null=True, help_text="When its login first opened it after its end.")
    result = models.JSONField(default=dict)
    message = models.TextField(blank=True, help_text="Why it failed.")

    personal_data = PersonalData(
        texts=("title", "query", "message"), impersonal=("options", "result", "reach", "file_hash")
    )
    reads_primary = True
    tenancy = Tenancy(user_groups=("user_group_id",))
    objects = models.Manager.from_queryset(JobQuerySet)()

    class Meta:
        ordering = ["-id"]
        constraints = [
            WithinProvider(field="user_group", name="job_group_of_same_provider"),
            WithinProvider(field="announcement", name="job_announcement_of_same_provider"),
        ]
        indexes = [
            models.Index(fields=["provider", "-id"], name="job_of_provider"),
            models.Index(fields=["login", "-id"], name="job_of_login"),
            models.Index(fields=["file_hash"], name="job_by_file", condition=Q(state__in=["waiting", "running"])),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        return self.state in self.OVER

    @property
    def percent(self) -> int | None:
        """How far it is, rounded down; None where nobody knows how much there is to do."""
        if self.state == self.State.DONE:
            return 100
        return min(99, 100 * self.rows_done // self.rows_in_all) if self.rows_in_all else None

    def time_left(self, now: datetime) -> timedelta | None:
        """As long as the rest takes at the pace so far; None before there is a pace."""
        if self.state != self.State.RUNNING or not self.started_at or not self.rows_in_all or not self.rows_done:
            return None
        spent = now - self.started_at
        return spent * ((self.rows_in_all - self.rows_done) / self.rows_done) if spent >= PACE_AFTER else None

    def is_quiet(self, now: datetime) -> bool:
        """Has its worker said nothing for so long that it may be gone?"""
        return self.state == self.State.RUNNING and now - (self.heard_at or self.created_at) > QUIET_AFTER


PACE_AFTER = timedelta(seconds=3)
QUIET_AFTER = timedelta(seconds=60)
