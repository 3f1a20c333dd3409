"""What the staff of a provider chose for the columns of a kind of file, so that the next one is guessed by it."""

from __future__ import annotations

from django.db import models

from customers.models.providers import Provider, UserGroup
from evcnet.constraints import WithinProvider
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager, Tenancy


class ImportMapping(models.Model):
    """Of each kind of file one for the whole provider, and one for each user group that has logins of its own.

    ``names`` are our columns by the file's name in small letters without separators, "" where it was left out;
    ``positions`` those of the last file without a header; ``values`` what all rows had. No cell of a file is kept.
    """

    provider = models.ForeignKey(Provider, models.CASCADE)
    user_group = models.ForeignKey(UserGroup, models.CASCADE, null=True, blank=True)
    kind = models.CharField(max_length=40)
    names = models.JSONField(default=dict)
    positions = models.JSONField(default=list)
    values = models.JSONField(default=dict)

    personal_data = PersonalData(impersonal=("kind", "names", "positions", "values"))
    tenancy = Tenancy(user_groups=("user_group_id",))
    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "kind", "user_group"], name="import_mapping_once", nulls_distinct=False
            ),
            WithinProvider(field="user_group", name="import_mapping_group_of_same_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_group or self.provider}"
