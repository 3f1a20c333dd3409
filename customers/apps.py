"""Configuration of the app of providers, logins, customers and charge cards."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = "Customers"
