"""What `make` needs and production does not: private PostgreSQL, installation, demo."""

from django.apps import AppConfig


class DevtoolsConfig(AppConfig):
    name = "devtools"
    verbose_name = "Development tools"
