"""On what terms?"""

from django.apps import AppConfig


class ChargeGroupsConfig(AppConfig):
    name = "chargegroups"
    verbose_name = "On what terms"
