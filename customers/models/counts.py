"""Counts of customers: a ledger that triggers of the database feed, so that totals need not read customers one by one."""

from __future__ import annotations

from django.db import models

from customers.models.customers import Customer


class CustomerCount(models.Model):
    """So many customers more, or fewer, of a provider with these facts: how many there are is the sum of ``number``.

    ``roams``: they are among the roaming customers below. ``reachable``: they have an e-mail address. Statement triggers
    add rows, and a job folds them; nothing else writes here. Ids without foreign keys, which would lock what they name.
    """

    provider_id = models.BigIntegerField()
    user_group_id = models.BigIntegerField()
    status = models.CharField(max_length=12, choices=Customer.Status)
    payment = models.CharField(max_length=12, choices=Customer.Payment)
    roams = models.BooleanField()
    reachable = models.BooleanField()
    number = models.BigIntegerField()

    class Meta:
        verbose_name = "count of customers"
        verbose_name_plural = "counts of customers"
        indexes = [models.Index(fields=["provider_id", "user_group_id"], name="customer_count_of_provider")]

    def __str__(self) -> str:
        return f"{self.number:+} of user group {self.user_group_id}"


class RoamingCustomer(models.Model):
    """A customer with an active roaming card that has no validity window; triggers add and remove it."""

    customer_id = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return f"customer {self.customer_id}"
