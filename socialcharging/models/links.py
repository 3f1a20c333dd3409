"""Personal links of customers to their driver's page. Only the hash of a link is kept."""

from __future__ import annotations

from django.db import models

from customers.models import Customer, Provider, StaffMember
from evcnet.constraints import WithinProvider
from evcnet.personal_data import PersonalData, column
from evcnet.tenancy import ScopedManager, Tenancy


class DriverLink(models.Model):
    """Opens the driver's page of one customer until it expires or is withdrawn.

    ``minute`` and ``requests``: how often it was asked in its latest minute, counted across all workers.
    """

    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="driver_links")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey(StaffMember, models.SET_NULL, null=True)
    used_at = models.DateTimeField(null=True)
    minute = models.DateTimeField(null=True)
    requests = models.PositiveIntegerField(default=0)

    personal_data = PersonalData(
        customer="customer",
        part="driver_links",
        export=column("created_at", "expires_at", "withdrawn_at", "used_at"),
        impersonal=("token_hash",),
        erasure="open nothing but a page that says so.",
        stays=True,
    )
    tenancy = Tenancy(user_groups=("customer__user_group_id",))
    objects = ScopedManager()

    class Meta:
        verbose_name = "driver's link"
        ordering = ["-created_at"]
        constraints = [WithinProvider(field="customer", name="driver_link_customer_of_same_provider")]

    def __str__(self) -> str:
        return f"link of {self.customer}"
