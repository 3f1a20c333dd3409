"""Changes of terms: proposed, previewed, applied, undone."""

from django.apps import AppConfig


class ChangesConfig(AppConfig):
    name = "changes"
    verbose_name = "Changes"
