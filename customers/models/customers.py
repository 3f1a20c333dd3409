"""Customers and their charge cards."""

from __future__ import annotations

from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Concat, Left, Replace, Upper

from customers.models.providers import Provider, UserGroup
from evcnet.code_keys import CodeKey, IdentityKey, UidKey, UnpaddedUidKey
from evcnet.constraints import WithinProvider
from evcnet.history import tracked
from evcnet.personal_data import PersonalData, column
from evcnet.tenancy import ScopedManager, Tenancy
from evcnet.validators import validate_code, validate_key, validate_name, validate_print


def parts_of(text: str | CodeKey, name: str) -> GinIndex:
    """Finds what stands anywhere in a text, whatever its case (what icontains asks), or in a code's key."""
    return GinIndex(OpClass(Upper(text) if isinstance(text, str) else text, name="gin_trgm_ops"), name=name)


def _random_uid() -> Concat:
    digits = Replace(Cast(RandomUUID(), models.TextField()), Value("-"), Value(""))
    return Concat(Value("erased-"), Left(digits, 28))


@tracked()
class Customer(models.Model):
    """A private person, a company, or an employee of a company; belongs to one user group."""

    class Kind(models.TextChoices):
        PRIVATE = "private", "private person"
        COMPANY = "company", "company"
        EMPLOYEE = "employee", "employee of a company"

    class Payment(models.TextChoices):
        SUBSCRIPTION = "subscription", "subscription"
        PREPAID = "prepaid", "prepaid (direct payment)"

    class Status(models.TextChoices):
        PENDING = "pending", "pending"
        ACTIVE = "active", "active"
        BLOCKED = "blocked", "blocked"
        DEACTIVATED = "deactivated", "deactivated"

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        DUTCH = "nl", "Dutch"
        GERMAN = "de", "German"
        FRENCH = "fr", "French"

    # The constraint customer_group_of_same_provider says both keys, and other indexes begin with either.
    provider = models.ForeignKey(Provider, models.PROTECT, db_constraint=False, db_index=False)
    user_group = models.ForeignKey(UserGroup, models.PROTECT, db_constraint=False, db_index=False)
    number = models.CharField("customer number", max_length=36, validators=[validate_code])
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PRIVATE)
    name = models.CharField(max_length=200, validators=[validate_name])
    email = models.EmailField("e-mail address", blank=True)
    language = models.CharField(max_length=2, choices=Language, default=Language.ENGLISH)
    payment = models.CharField(max_length=12, choices=Payment, default=Payment.SUBSCRIPTION)
    status = models.CharField(
        max_length=12,
        choices=Status,
        default=Status.ACTIVE,
        help_text="Pending: waits for approval and can't charge. Only active customers can charge.",
    )
    erased_at = models.DateTimeField("erased", null=True, editable=False)

    personal_data = PersonalData(
        customer="id",
        part="customer",
        export=column(
            "number", "name", "kind", "email", "language", "payment", "status", "erased_at",
            user_group="user_group__name", provider="provider__name",
        ),
        overwrite={"name": "Erased customer", "email": "", "language": "en"},
        also={"status": "deactivated"},
        names=("name", "email"),
        impersonal=("number",),
    )  # fmt: skip
    tenancy = Tenancy(user_groups=("user_group_id",))
    objects = ScopedManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="customer_of_provider"),
            models.UniqueConstraint(
                fields=["provider", "number"],
                name="customer_number_once",
                violation_error_message="Another customer has this number.",
            ),
            WithinProvider(field="user_group", name="customer_group_of_same_provider"),
        ]
        indexes = [
            models.Index(fields=["user_group", "status", "payment"], name="customer_facts"),
            models.Index(fields=["provider", "name", "id"], name="customer_by_name"),
            models.Index(fields=["erased_at"], condition=models.Q(erased_at__isnull=False), name="customer_erased"),
            models.Index(F("provider"), IdentityKey("number"), name="customer_by_number_key"),
            models.Index(fields=["user_group", "name", "id"], name="customer_by_group"),
            models.Index(fields=["provider", "status", "name", "id"], name="customer_by_status"),
            models.Index(fields=["provider", "kind", "name", "id"], name="customer_by_kind"),
            models.Index(fields=["provider", "payment", "name", "id"], name="customer_by_payment"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"

    def clean(self) -> None:
        if self.payment == self.Payment.PREPAID and self.pk and self.chargecard_set.filter(roaming=True).exists():
            raise ValidationError(
                {"payment": "A prepaid customer's card has roaming off: switch roaming off on the cards first."}
            )


@tracked()
class ChargeCard(models.Model):
    """What a driver shows: an RFID card, an app (OCPI: Token)."""

    class Type(models.TextChoices):
        RFID = "RFID", "RFID card"
        APP_USER = "APP_USER", "app"
        OTHER = "OTHER", "other"

    class Status(models.TextChoices):
        INACTIVE = "inactive", "inactive"
        ACTIVE = "active", "active"
        DEACTIVATED = "deactivated", "deactivated"

    provider = models.ForeignKey(Provider, models.PROTECT, db_index=False)
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,  # card_customer_of_same_provider says it
        help_text="A card without a customer is inactive; attaching a customer activates it.",
    )
    uid = models.CharField("uid", max_length=36, validators=[validate_key], help_text="What the reader sees.")
    visual_number = models.CharField(
        max_length=64, blank=True, validators=[validate_print], help_text="What is printed on the card."
    )
    type = models.CharField(max_length=8, choices=Type, default=Type.RFID)
    roaming = models.BooleanField(default=False, help_text="May be used at charge groups that are open for roaming.")
    status = models.CharField(
        max_length=12, choices=Status, default=Status.INACTIVE, help_text="To block a card is to deactivate it."
    )
    valid_from = models.DateTimeField(null=True, blank=True, help_text="Empty: always.")
    valid_until = models.DateTimeField(null=True, blank=True, help_text="Empty: for ever. From this moment it expired.")

    personal_data = PersonalData(
        customer="customer",
        part="cards",
        export=column("uid", "visual_number", "type", "roaming", "status", "valid_from", "valid_until"),
        overwrite={"uid": _random_uid(), "visual_number": ""},
        also={"status": "deactivated"},
        names=("uid", "visual_number"),
        erasure="deactivated; uid and visual number are overwritten, the uid by a random word. To whoever holds such a "
        "card to a reader it is unknown.",
    )
    tenancy = Tenancy(user_groups=("customer__user_group_id",))
    objects = ScopedManager()

    class Meta:
        ordering = ["uid"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="card_of_provider"),
            models.UniqueConstraint(
                UidKey("uid"), name="card_uid_once", violation_error_message="This uid cannot be used."
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=False) | ~Q(status="active"),
                name="card_active_has_customer",
                violation_error_message="A card without a customer is inactive: choose a customer first.",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_from__lt=F("valid_until")),
                name="card_window_not_inverted",
                violation_error_message="The card's validity ends before it begins.",
            ),
            WithinProvider(field="customer", name="card_customer_of_same_provider"),
        ]
        indexes = [
            models.Index(fields=["provider", "visual_number"], name="card_by_visual_number"),
            models.Index(
                fields=["customer"],
                include=["valid_from", "valid_until"],
                condition=Q(roaming=True, status="active"),
                name="card_that_roams",
            ),
            models.Index(fields=["provider", "uid", "id"], name="card_by_uid"),
            models.Index(fields=["provider", "status", "uid", "id"], name="card_by_status"),
            models.Index(fields=["provider", "type", "uid", "id"], name="card_by_type"),
            models.Index(fields=["provider", "roaming", "uid", "id"], name="card_by_roaming"),
            models.Index(
                fields=["provider", "customer"],
                include=["valid_from", "valid_until"],
                condition=Q(roaming=True, status="active")
                & (Q(valid_from__isnull=False) | Q(valid_until__isnull=False)),
                name="card_that_roams_for_a_time",
            ),
            models.Index(fields=["provider", "valid_until", "uid", "id"], name="card_by_valid_until"),
            parts_of(UidKey("uid"), "card_uid_key_parts"),
            parts_of(IdentityKey("visual_number"), "card_visual_key_parts"),
            models.Index(F("provider"), UnpaddedUidKey("uid"), name="card_uid_without_zeros"),
        ]

    def __str__(self) -> str:
        return self.visual_number or self.uid

    def clean(self) -> None:
        if self.roaming and self.customer and self.customer.payment == Customer.Payment.PREPAID:
            raise ValidationError({"roaming": "A prepaid customer's card has roaming off."})

    def attach(self, customer: Customer) -> None:
        """Attaching a customer activates the card (docs/terms.md, Things)."""
        self.customer = customer
        self.status = self.Status.ACTIVE
