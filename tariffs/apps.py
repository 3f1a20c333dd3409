"""Price lists: tariffs, their dated versions, what a session costs by them."""

from django.apps import AppConfig


class TariffsConfig(AppConfig):
    name = "tariffs"
    verbose_name = "Tariffs"
