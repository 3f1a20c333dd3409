"""The driver's page, opened by a personal link, without a login; and its manifest, by which a phone keeps it as an app."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods, require_safe

from chargepoints.models import ChargePoint
from customers.models import Customer, LetterSettings
from socialcharging.driver_page import DriverPage
from socialcharging.links import count_request, open_link
from socialcharging.models import DriverLink
from socialcharging.queues import QueueRefusal, ask_to_free_up, join, leave
from socialcharging.texts import TEXTS, texts

ACTIONS: dict[str, Callable[[Customer, ChargePoint, datetime], object]] = {
    "join": join,
    "leave": leave,
    "ask": ask_to_free_up,
}
REFUSALS = {"no_access", "not_here", "not_occupied", "charges_there", "too_many_queues"}
DONE = {f"done_{name}" for name in ACTIONS}


@require_http_methods(["GET", "HEAD", "POST"])
def driver(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    link = open_link(token, now)
    if link is None:
        return _over(request)
    words = texts(link.customer.language)
    if not count_request(link, now):
        return _plain(request, link, words["too_often"], "", HTTPStatus.TOO_MANY_REQUESTS)
    if link.customer.status != Customer.Status.ACTIVE:
        about = words["not_active_help"].format(who=_sender(link))
        return _plain(request, link, words["not_active"], about, HTTPStatus.FORBIDDEN)
    if request.method == "POST":
        return _act(request, link, token)
    return _page(request, link, token)


def _page(request: HttpRequest, link: DriverLink, token: str) -> HttpResponse:
    now, customer = timezone.now(), link.customer
    page = DriverPage(customer, now, request.GET.get("q", ""))
    answer = request.GET.get("answer", "")
    context = {
        "words": page.texts,
        "language": customer.language,
        "hello": page.texts["hello"].format(name=customer.name),
        "updated": page.texts["updated"].format(time=page.time(now)),
        "sender": _sender(link),
        "answer": page.texts[answer] if answer in DONE | REFUSALS else "",
        "is_refusal": answer in REFUSALS,
        "points": page.points(),
        "sessions": list(page.sessions()),
        "refusals": list(page.refusals()),
        "search": page.search,
        "manifest": reverse("driver_manifest", args=[token]),
        "address": reverse("driver", args=[token]),
    }
    return _answer(render(request, "socialcharging/driver.html", context))


def _act(request: HttpRequest, link: DriverLink, token: str) -> HttpResponse:
    """One button at one point of the provider; what it came to is said on the page that follows, which shows what this one
    showed: a point that was searched is there still."""
    action, pk = ACTIONS.get(request.POST.get("action", "")), request.POST.get("point", "")
    points = ChargePoint.objects.filter(provider=link.provider_id, pk=pk if pk.isdecimal() and len(pk) < 19 else 0)
    point = points.select_related("charge_group").first()
    answer = "not_here"
    if action is not None and point is not None:
        try:
            action(link.customer, point, timezone.now())
            answer = f"done_{request.POST['action']}"
        except QueueRefusal as refused:
            answer = refused.code
    search = request.POST.get("q", "").strip()[:100]
    query = urlencode(({"q": search} if search else {}) | {"answer": answer})
    return _answer(HttpResponseRedirect(f"{reverse('driver', args=[token])}?{query}"))


def _sender(link: DriverLink) -> str:
    return LetterSettings.of(link.customer.provider).sender


def _over(request: HttpRequest) -> HttpResponse:
    """Of a link that opens nothing nobody knows whose it was: in the language that the browser asks for."""
    asked = request.headers.get("Accept-Language", "")[:2].lower()
    words = texts(asked if asked in TEXTS else "en")
    context = {"words": words, "language": asked if asked in TEXTS else "en", "title": words["link_over"]}
    context["about"] = words["link_over_help"].format(who=words["provider"])
    return _answer(render(request, "socialcharging/driver_closed.html", context, status=HTTPStatus.GONE))


def _plain(request: HttpRequest, link: DriverLink, title: str, about: str, status: HTTPStatus) -> HttpResponse:
    words = texts(link.customer.language)
    context = {"words": words, "language": link.customer.language, "title": title, "about": about}
    return _answer(render(request, "socialcharging/driver_closed.html", context, status=status))


@require_safe
def manifest(request: HttpRequest, token: str) -> HttpResponse:
    link = open_link(token, timezone.now())
    if link is None:
        return _answer(HttpResponse(status=HTTPStatus.GONE))
    words = texts(link.customer.language)
    icon = {"src": static("evcnet/mark.svg"), "sizes": "any", "type": "image/svg+xml"}
    address = reverse("driver", args=[token])
    content: dict[str, Any] = {
        "name": f"{_sender(link)}: {words['title']}", "short_name": words["title"], "lang": link.customer.language,
        "start_url": address, "scope": address, "display": "standalone", "icons": [icon],
        "background_color": "#f4f6f8", "theme_color": "#0f766e",
    }  # fmt: skip
    return _answer(JsonResponse(content, content_type="application/manifest+json"))


def _answer(response: HttpResponse) -> HttpResponse:
    """Kept by no cache and no search engine."""
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
