"""Texts by which customers and cards are searched: one column, in a table of its own, that triggers keep."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models

from customers.models.customers import ChargeCard, Customer
from evcnet.personal_data import PersonalData


class SearchText(models.Model):
    """Name, number and e-mail address of a customer, in a row without a card, and the same beside uid and visual number
    in a row for each card, which has no customer where the card has none. By ``evcnet/search_keys.py``, a blank before
    each word.

    Written by triggers of the two tables (``customers/search_triggers.py``) alone, whatever statement writes there.
    An erasure overwrites the columns, and the texts follow.
    """

    customer = models.ForeignKey(Customer, models.DO_NOTHING, db_constraint=False, null=True, related_name="+")
    card = models.OneToOneField(ChargeCard, models.DO_NOTHING, db_constraint=False, null=True, related_name="+")
    text = models.TextField()

    personal_data = PersonalData(overwrite={"text": ""})

    class Meta:
        indexes = [GinIndex(OpClass("text", name="gin_trgm_ops"), name="search_text_parts")]

    def __str__(self) -> str:
        return self.text
