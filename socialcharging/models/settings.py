"""Settings of social charging in a charge group: the hold time, and words on the driver's page."""

from __future__ import annotations

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from chargegroups.models import ChargeGroup
from customers.models import Provider
from evcnet.constraints import WithinProvider
from evcnet.history import tracked
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager, Tenancy

DEFAULT_MINUTES = 15


def _words(language: str) -> models.TextField[str, str]:
    return models.TextField(
        f"words in {language}",
        max_length=500,
        blank=True,
        help_text="Above the charge points of this group; empty: none.",
    )


@tracked()
class SocialSettings(models.Model):
    """A charge group without a row has the defaults."""

    provider = models.ForeignKey(Provider, models.PROTECT)
    charge_group = models.OneToOneField(ChargeGroup, models.CASCADE, related_name="social_settings")
    hold_minutes = models.PositiveSmallIntegerField(
        "hold time in minutes",
        default=DEFAULT_MINUTES,
        validators=[MinValueValidator(5), MaxValueValidator(60)],
        help_text="So long a free charge point is held for whoever's turn it is; 5 to 60. A hold that runs keeps its time.",
    )
    words_en = _words("English")
    words_nl = _words("Dutch")
    words_de = _words("German")
    words_fr = _words("French")

    personal_data = PersonalData(impersonal=("words_en", "words_nl", "words_de", "words_fr"))
    tenancy = Tenancy(user_groups=("charge_group__user_group_id",))
    objects = ScopedManager()

    class Meta:
        verbose_name = verbose_name_plural = "settings of social charging"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hold_minutes__gte=5, hold_minutes__lte=60),
                name="hold_time_plausible",
                violation_error_message="A hold lasts 5 to 60 minutes.",
            ),
            WithinProvider(field="charge_group", name="social_settings_group_of_same_provider"),
        ]

    def __str__(self) -> str:
        return f"social charging of {self.charge_group}"

    @classmethod
    def of(cls, group: ChargeGroup) -> SocialSettings:
        """Those of the group, or the defaults, unsaved."""
        stored = cls.objects.filter(charge_group=group).first()
        return stored or cls(charge_group=group, provider_id=group.provider_id)

    @property
    def hold_time(self) -> timedelta:
        return timedelta(minutes=self.hold_minutes)

    def words(self, language: str) -> str:
        return str(getattr(self, f"words_{language}", ""))
