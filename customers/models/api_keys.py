"""API keys of providers, and how often each was used in its latest minute."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.db import models

from customers.models.providers import Provider
from evcnet.history import tracked
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager, Tenancy
from evcnet.validators import validate_name


def digest(key: str) -> str:
    """A key is 256 random bits, so one round of SHA-256 keeps it."""
    return hashlib.sha256(key.encode()).hexdigest()


@tracked(exclude=["key_hash"])
class ApiKey(models.Model):
    """A key for the API. Only its hash is kept: the key is shown once, when it is made."""

    provider = models.ForeignKey(Provider, models.CASCADE)
    name = models.CharField(
        max_length=100, validators=[validate_name], help_text="Which program uses it, such as “backend of Leusden”."
    )
    prefix = models.CharField(max_length=12, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    rate_per_minute = models.PositiveIntegerField(
        "requests a minute", default=6000, help_text="Further requests in the same minute are refused (429)."
    )
    active = models.BooleanField(default=True, help_text="A key that is not active is refused (401).")
    created_at = models.DateTimeField(auto_now_add=True)

    personal_data = PersonalData(impersonal=("key_hash", "name", "prefix"))
    tenancy = Tenancy()
    objects = ScopedManager()

    class Meta:
        verbose_name = "API key"
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def make(cls, **fields: Any) -> tuple[ApiKey, str]:
        """A new, saved key and its secret text, which nobody can read again."""
        key = "evc_" + secrets.token_urlsafe(32)
        return cls.objects.create(prefix=key[:8], key_hash=digest(key), **fields), key


class ApiKeyUse(models.Model):
    """How often a key was used in its latest minute: one row a key, counted across all workers."""

    api_key = models.OneToOneField(ApiKey, models.CASCADE, primary_key=True, related_name="use")
    minute = models.DateTimeField()
    requests = models.PositiveIntegerField()
