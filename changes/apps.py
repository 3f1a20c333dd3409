"""Changes of terms: proposed, previewed, applied, undone."""

from django.apps import AppConfig


class ChangesConfig(AppConfig):
    name = "changes"
    verbose_name = "Changes"

    def ready(self) -> None:
        from changes import receivers  # noqa: F401 - models are loaded only now
