"""What every attack needs: the lists there are, the tenants out of reach, and what an answer gave away."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse

from tests.tenancy.asking import ROLES, reach_of
from tests.tenancy.frame import said
from tests.tenancy.pages import patterns

__all__ = ["IN_USE", "LISTS", "WRITERS", "asked_by", "has_page", "out_of_reach", "relations", "said", "says", "url"]
LISTS = sorted(admin.site._registry, key=lambda model: model._meta.label)
IN_USE = [role for role in ROLES if role != "signed out"]
WRITERS = ("provider admin", "sub provider")


def url(model: Any, view: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=args)


def has_page(model: Any, view: str) -> bool:
    """A draft arises from the preview of a change and is put away on its own page, so it has none to add or to delete."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}"
    return any(name == each for _, each in patterns())


def out_of_reach(role: str, world: Any) -> list[Any]:
    """The tenants of whom this role sees nothing."""
    return [tenant for whose, tenant in world.tenants.items() if whose not in reach_of(role)]


def says(answer: Any, marks: list[bytes], typed: str = "") -> list[bytes]:
    body = answer.body.lower()
    for echo in (typed.lower(), quote(typed.lower()), quote(quote(typed.lower()))) if typed else ():
        body = body.replace(echo.encode(), b"")
    return [mark for mark in marks if mark in body]


def relations(model: Any) -> list[models.ForeignKey]:
    return [field for field in model._meta.concrete_fields if field.is_relation]


def asked_by(key: str, body: dict[str, Any], query: str = "") -> Any:
    return Client().post(
        f"/api/v1/authorize{query}",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Token {key}"},
    )
