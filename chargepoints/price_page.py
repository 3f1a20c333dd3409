"""The public price page: what charging costs at a charge point, or in a charge group, for whoever scans its code."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from chargepoints.models import PricePage
from chargepoints.price_notice import PriceNotice
from chargepoints.price_texts import LANGUAGES, TEXTS, language_of
from evcnet.datetimes import database_clock

SECONDS_KEPT = 60
"""So long a browser or a proxy may show what it read: a price that begins is on every screen a minute later."""


@require_safe
def price_page(request: HttpRequest, key: str) -> HttpResponse:
    """Without a sign-in, in the language that is asked for or that the browser prefers. A page that shows no price tells nothing."""
    language = language_of(request.GET.get("lang", ""), *_preferred(request))
    rows = PricePage.objects.open_to_anybody().select_related(
        "provider", "charge_group__user_group", "charge_point__charge_group__user_group", "charge_point__location"
    )
    page = rows.filter(key=key.replace("\x00", "")).first()
    context = {
        "words": TEXTS[language],
        "language": language,
        "languages": LANGUAGES.items(),
        "notice": PriceNotice(page, database_clock(), language) if page else None,
    }
    status = HTTPStatus.OK if page else HTTPStatus.NOT_FOUND
    response = render(request, "chargepoints/price_page.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    response["Vary"] = "Accept-Language"
    patch_cache_control(response, public=True, max_age=SECONDS_KEPT)
    return response


def _preferred(request: HttpRequest) -> list[str]:
    """The languages of the browser, in its order."""
    return [each.strip() for each in request.headers.get("Accept-Language", "").split(",")][:10]
