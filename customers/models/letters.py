"""Settings of a provider's letters: sender, words around them in each language, and how long ahead they are sent."""

from __future__ import annotations

from base64 import b64encode

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models

from customers.models.providers import Provider
from evcnet.history import tracked
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager, Tenancy

MOST_WORDS = 2_000
"""So many characters before or after a letter."""
WORDS_HELP = "Stands in every letter in this language; empty: nothing."
validate_one_line = RegexValidator(r"^[^\r\n]*\Z", "Write it on one line.")
validate_phone = RegexValidator(
    r"^\+?[0-9][0-9 ()/.-]*\Z", "Write the number as it is dialled, such as +31 30 123 45 67."
)


def _words(name: str) -> models.TextField[str, str]:
    return models.TextField(name, max_length=MOST_WORDS, blank=True, help_text=WORDS_HELP)


@tracked(exclude=["logo"])
class LetterSettings(models.Model):
    """How the letters of one provider look. A provider without a row has the defaults.

    The history keeps the name and the digest of a logo, not the picture.
    """

    provider = models.OneToOneField(Provider, models.PROTECT, related_name="letter_settings")
    sender_name = models.CharField(
        max_length=100,
        blank=True,
        validators=[validate_one_line],
        help_text="From whom letters come, and who signs them; empty: the provider's name.",
    )
    reply_to = models.EmailField("reply to", blank=True, help_text="Where answers go; empty: to the sending address.")
    phone = models.CharField(max_length=30, blank=True, validators=[validate_phone], help_text="Below the signature.")
    logo = models.BinaryField(default=b"", blank=True, editable=False)
    logo_type = models.CharField(max_length=20, blank=True, editable=False)
    logo_name = models.CharField("logo", max_length=120, blank=True, editable=False)
    opening_en = _words("before the letter, English")
    ending_en = _words("after the letter, English")
    opening_nl = _words("before the letter, Dutch")
    ending_nl = _words("after the letter, Dutch")
    opening_de = _words("before the letter, German")
    ending_de = _words("after the letter, German")
    opening_fr = _words("before the letter, French")
    ending_fr = _words("after the letter, French")
    price_rise_days = models.PositiveSmallIntegerField(
        "days ahead of a price rise",
        default=0,
        validators=[MaxValueValidator(365)],
        help_text="Whoever raises a price sooner than so many days from now is warned; 0: nobody is.",
    )
    reminder_days = models.PositiveSmallIntegerField(
        "days of the reminder",
        default=0,
        validators=[MaxValueValidator(90)],
        help_text="So many days before a scheduled change takes effect, whoever got its letter is reminded; 0: nobody is.",
    )

    personal_data = PersonalData(
        impersonal=(
            "sender_name", "reply_to", "phone", "logo_type", "logo_name", "opening_en", "ending_en", "opening_nl",
            "ending_nl", "opening_de", "ending_de", "opening_fr", "ending_fr",
        )
    )  # fmt: skip
    tenancy = Tenancy()
    objects = ScopedManager()

    class Meta:
        verbose_name = verbose_name_plural = "letter settings"
        ordering = ["provider__name"]

    def __str__(self) -> str:
        return f"Letters of {self.provider}"

    @classmethod
    def of(cls, provider: Provider) -> LetterSettings:
        """Those of the provider, or the defaults, unsaved."""
        try:
            return provider.letter_settings
        except cls.DoesNotExist:
            return cls(provider=provider)

    @property
    def sender(self) -> str:
        return self.sender_name or self.provider.name

    def opening(self, language: str) -> str:
        """The words before the letter; empty in a language that has none."""
        return str(getattr(self, f"opening_{language}", ""))

    def ending(self, language: str) -> str:
        return str(getattr(self, f"ending_{language}", ""))

    @property
    def logo_as_url(self) -> str:
        """The picture itself as a ``data:`` address, for pages of the portal; empty where there is none."""
        return f"data:{self.logo_type};base64,{b64encode(bytes(self.logo)).decode()}" if self.logo else ""
