"""What is there to do today?"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    return context
