"""Wrong attempts to sign in and codes that were used: tables of their own, which nothing but their age empties."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from evcnet.personal_data import PersonalData


class FailedAttempt(models.Model):
    """An attempt to sign in whose secret was wrong, or is still looked at. It says neither which login nor from where."""

    class Kind(models.TextChoices):
        PASSWORD = "password"
        CODE = "code"

    kind = models.CharField(max_length=10, choices=Kind)
    login = models.CharField(max_length=32)
    client = models.CharField(max_length=32)
    known = models.BooleanField()
    at = models.DateTimeField()

    personal_data = PersonalData(impersonal=("kind", "login", "client"))

    class Meta:
        indexes = [
            models.Index(fields=["kind", "login", "at"], name="failed_attempt_of_login"),
            models.Index(fields=["client", "at"], name="failed_attempt_of_client"),
            models.Index(fields=["at"], name="failed_attempt_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at}"


class UsedCode(models.Model):
    """A code of an authenticator app that was accepted: the half-minute for which the app showed it."""

    login = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    step = models.BigIntegerField()
    used_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["login", "step"], name="code_used_once")]

    def __str__(self) -> str:
        return f"{self.step} at {self.used_at}"
