"""Tokens of partners: what their customers show at a charge point, as their e-MSP sent them."""

from __future__ import annotations

from django.db import models
from django.db.models import F

from customers.models import Provider
from customers.models.customers import parts_of
from evcnet.code_keys import IdentityKey, UidKey
from evcnet.constraints import WithinProvider
from evcnet.history import tracked
from evcnet.personal_data import PersonalData
from evcnet.tenancy import ScopedManager, Tenancy
from evcnet.validators import validate_key, validate_print
from roaming.models.partners import Partner


@tracked(exclude=["last_updated"])  # else whoever sends all tokens again each night doubles the history
class PartnerToken(models.Model):
    """A token of a partner's customer (OCPI: Token). It counts for the provider alone whose partner it is.

    The charging profile and the energy contract are the driver's wishes: kept and given back, and used for nothing.
    ``last_updated`` is the partner's moment, by which an older message never overwrites a newer one.
    """

    class Type(models.TextChoices):
        RFID = "RFID", "RFID card"
        APP_USER = "APP_USER", "app"
        AD_HOC_USER = "AD_HOC_USER", "one session of an app"
        EMAID = "EMAID", "contract in the vehicle"
        OTHER = "OTHER", "other"

    class Whitelist(models.TextChoices):
        ALWAYS = "ALWAYS", "always by the stored token"
        ALLOWED = "ALLOWED", "by the stored token, where it is valid"
        ALLOWED_OFFLINE = "ALLOWED_OFFLINE", "ask; by the stored token, where nobody answers"
        NEVER = "NEVER", "always ask"

    class Profile(models.TextChoices):
        CHEAP = "CHEAP", "at the lowest price"
        FAST = "FAST", "as fast as it can"
        GREEN = "GREEN", "with green energy"
        REGULAR = "REGULAR", "regular"

    provider = models.ForeignKey(Provider, models.PROTECT)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="tokens")
    uid = models.CharField("uid", max_length=36, validators=[validate_key])
    type = models.CharField(max_length=11, choices=Type, default=Type.RFID)
    contract_id = models.CharField("contract id", max_length=36, validators=[validate_print])
    visual_number = models.CharField(max_length=64, blank=True, validators=[validate_print])
    issuer = models.CharField(max_length=64, validators=[validate_print])
    valid = models.BooleanField(default=True)
    whitelist = models.CharField("who decides", max_length=15, choices=Whitelist)
    language = models.CharField(max_length=2, blank=True)
    group_id = models.CharField("group id", max_length=36, blank=True, validators=[validate_print])
    default_profile_type = models.CharField(
        "charging profile", max_length=7, choices=Profile, blank=True, default="", db_default=""
    )
    energy_supplier = models.CharField(
        max_length=64, blank=True, default="", db_default="", validators=[validate_print]
    )
    energy_contract = models.CharField(
        max_length=64, blank=True, default="", db_default="", validators=[validate_print]
    )
    last_updated = models.DateTimeField()

    personal_data = PersonalData(
        impersonal=(
            "contract_id", "energy_contract", "energy_supplier", "group_id", "issuer", "language", "uid", "visual_number",
        )
    )  # fmt: skip
    tenancy = Tenancy()
    objects = ScopedManager()

    class Meta:
        verbose_name = "token of a partner"
        verbose_name_plural = "tokens of partners"
        ordering = ["uid", "id"]
        constraints = [
            models.UniqueConstraint(F("partner"), UidKey("uid"), F("type"), name="partner_token_once"),
            WithinProvider(field="partner", name="partner_token_partner_of_same_provider"),
        ]
        indexes = [
            models.Index(UidKey("uid"), F("provider"), name="partner_token_by_uid_key"),
            models.Index(fields=["partner", "last_updated", "id"], name="partner_token_by_moment"),
            parts_of(UidKey("uid"), "partner_token_uid_key_parts"),
            parts_of(IdentityKey("visual_number"), "partner_token_visual_key_parts"),
        ]

    def __str__(self) -> str:
        return self.visual_number or self.uid
