"""Lookup of the provider that a command means."""

from __future__ import annotations

from customers.models import Provider


class ProviderRequired(ValueError):
    """No provider has the code, or one must be said; the message tells which."""


def get_provider(code: str | None) -> Provider:
    """The provider with this code; without a code the only one there is. Raises ProviderRequired."""
    if code:
        provider: Provider | None = Provider.objects.filter(code=code).first()
        if provider is None:
            raise ProviderRequired(f"No provider has the code “{code}”: check --provider.")
        return provider
    providers = list(Provider.objects.order_by("code")[:2])
    if len(providers) == 1:
        only: Provider = providers[0]
        return only
    raise ProviderRequired(
        "There are several providers: say whose with --provider CODE."
        if providers
        else "There is no provider yet: make one first."
    )
