"""The kinds of rows that files hold, in the order in which an empty installation is filled.

Each app names its own in the tuple ``RESOURCES`` of its module ``resources``; lower apps come first. To be imported once all
apps are there: by commands and tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from django.apps import apps
from django.utils.module_loading import module_has_submodule

from evcnet.importexport.resource import BulkResource


def _registered() -> Iterator[type[BulkResource]]:
    """Raises AppRegistryNotReady before the apps are there."""
    for app in apps.get_app_configs():
        if app.module is not None and module_has_submodule(app.module, "resources"):
            yield from getattr(import_module(f"{app.name}.resources"), "RESOURCES", ())


EXPORTS: dict[str, type[BulkResource]] = {each._meta.name: each for each in _registered()}
RESOURCES = {kind: each for kind, each in EXPORTS.items() if not each.export_only}
"""Without those that are exported alone."""


def resource_named(kind: str) -> type[BulkResource]:
    """Raises KeyError for a kind that there is none of."""
    return EXPORTS[kind]
