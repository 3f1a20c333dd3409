"""Counts of exceptions: a ledger that triggers of the database feed, from exceptions and from the customers who hold them."""

from __future__ import annotations

from django.db import models

from chargegroups.models.terms import CustomerException
from customers.models import Customer


class ExceptionCount(models.Model):
    """So many exceptions more, or fewer, without a validity window, by charge group, what they say and whose they are.

    The facts of the customers are those of ``customers.CustomerCount``, and so is how it is written.
    """

    charge_group_id = models.BigIntegerField()
    user_group_id = models.BigIntegerField()
    status = models.CharField(max_length=12, choices=Customer.Status)
    payment = models.CharField(max_length=12, choices=Customer.Payment)
    roams = models.BooleanField()
    reachable = models.BooleanField()
    access = models.CharField(max_length=7, choices=CustomerException.Access)
    tariff_id = models.BigIntegerField(null=True)
    number = models.BigIntegerField()

    class Meta:
        verbose_name = "count of exceptions"
        verbose_name_plural = "counts of exceptions"
        indexes = [models.Index(fields=["charge_group_id"], name="exception_count_of_group")]

    def __str__(self) -> str:
        return f"{self.number:+} in charge group {self.charge_group_id}"
