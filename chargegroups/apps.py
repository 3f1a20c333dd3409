"""Charge groups: access policy and tariffs for the charge points in them."""

from django.apps import AppConfig


class ChargeGroupsConfig(AppConfig):
    name = "chargegroups"
    verbose_name = "Charge groups"
