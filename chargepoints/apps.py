"""Charge points, their locations and their sessions."""

from django.apps import AppConfig


class ChargePointsConfig(AppConfig):
    name = "chargepoints"
    verbose_name = "Where"
