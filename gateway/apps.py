"""The OCPP gateway: devices, their states, their transactions."""

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "gateway"
    verbose_name = "Devices"
