"""The tab "Price sheet" of a charge point or a charge group: its public price page is published or withdrawn, and its sheet printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, PricePage
from chargepoints.price_notice import PriceNotice
from chargepoints.price_sheet import sheet_html, sheet_pdf, why_no_pdf
from chargepoints.price_texts import LANGUAGES, language_of
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock

Priced = ChargePoint | ChargeGroup
TAB = ("Price sheet", "prices")
VIEW, PUBLISH = "chargepoints.view_pricepage", "chargepoints.add_pricepage"


def views() -> dict[str, Callable[..., HttpResponse]]:
    """For ``object_views`` of the two."""
    return {"prices": price_sheet_tab, "prices/sheet": price_sheet}


def price_sheet_tab(admin: ModelAdmin[Any], request: StaffRequest, obj: Priced) -> HttpResponse:
    """What the page says, its address, and the ways to a sheet; POST publishes or withdraws."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    may_publish = _may_publish(request, obj)
    stored, group = _stored(obj), _group(obj)
    if request.method == "POST":
        if not may_publish:
            raise PermissionDenied
        return _act(admin, request, obj)
    language = language_of(request.GET.get("lang", ""))
    notice = PriceNotice(stored or _unsaved(obj), database_clock(), language)
    context = admin.page_context(request, obj, f"Price sheet of {obj}") | {
        "notice": notice,
        "words": notice.words,
        "language": language,
        "languages": LANGUAGES.items(),
        "may_publish": may_publish,
        "why_not": _why_not_publish(group),
        "was_published": stored is not None,
        "address": _address(request, stored) if stored and _is_open(stored) else "",
        "sheet": admin.page(obj.pk, "prices_sheet"),
        "why_no_pdf": why_no_pdf(),
    }
    return TemplateResponse(request, "chargepoints/price_sheet_tab.html", context)


def price_sheet(admin: ModelAdmin[Any], request: StaffRequest, obj: Priced) -> HttpResponse:
    """The sheet itself in the language ``lang``: to print from the browser, or with ``as=pdf`` to keep. Only of a page that anybody may read."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    stored = _stored(obj)
    if stored is None or not _is_open(stored):
        messages.info(request, "There is no sheet while the price page is not published: its code leads there.")
        return HttpResponseRedirect(admin.page(obj.pk, "prices"))
    notice = PriceNotice(stored, database_clock(), language_of(request.GET.get("lang", "")))
    address = _address(request, stored)
    if request.GET.get("as") != "pdf" or why_no_pdf():
        return HttpResponse(sheet_html(notice, address))
    pdf = HttpResponse(sheet_pdf(notice, address), content_type="application/pdf")
    pdf["Content-Disposition"] = f'attachment; filename="prices-{notice.language}-{stored.key}.pdf"'
    return pdf


def _act(admin: ModelAdmin[Any], request: StaffRequest, obj: Priced) -> HttpResponse:
    """Also twice at once: there is one row of each."""
    action, why_not = request.POST.get("action"), _why_not_publish(_group(obj))
    of: dict[str, Any] = {"provider": obj.provider, _field(obj): obj}
    if action == "publish" and why_not:
        messages.error(request, f"Nothing was published. {why_not}")
    elif action == "publish":
        PricePage.objects.update_or_create(**of, defaults={"published": True})
        messages.success(request, "Published: whoever scans the code, or has the address, reads the price.")
    elif action == "withdraw" and (page := PricePage.objects.filter(**of).first()):
        page.published = False
        page.save()
        words = "Withdrawn: the address shows no price any more. Published again, it is the same one."
        messages.success(request, words)
    return HttpResponseRedirect(admin.page(obj.pk, "prices"))


def _address(request: StaffRequest, page: PricePage) -> str:
    """Printed, so it is that of the portal where the portal knows its own."""
    path = page.get_absolute_url()
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)


def _may_publish(request: StaffRequest, obj: Priced) -> bool:
    """By the permission, where the login reaches the charge group whose price it is."""
    group = _group(obj)
    scope = request.user.scope(PUBLISH)
    rows = ChargeGroup.objects.filter(ChargeGroup.tenancy.clause(ChargeGroup, scope)) if scope else None
    return group is not None and rows is not None and rows.filter(pk=group.pk).exists()


def _why_not_publish(group: ChargeGroup | None) -> str:
    """In words; empty where a page could show a price."""
    if group is None:
        return "It belongs to no charge group, so it has no price. Attach it to one first."
    if group.type == ChargeGroup.Type.HOME:
        return "It is for home chargers, whose places are not published."
    return "The charge group is closed, so there is no price." if group.closed_at else ""


def _group(obj: Priced) -> ChargeGroup | None:
    return obj if isinstance(obj, ChargeGroup) else obj.charge_group


def _stored(obj: Priced) -> PricePage | None:
    rows = PricePage.objects.select_related("provider", "charge_group", "charge_point__charge_group")
    return rows.filter(**{_field(obj): obj}).first()


def _is_open(page: PricePage) -> bool:
    """May anybody read it? Published alone is not enough: its group may be closed since, or be for home chargers."""
    return PricePage.objects.open_to_anybody().filter(pk=page.pk).exists()


def _unsaved(obj: Priced) -> PricePage:
    return PricePage(provider=obj.provider, **{_field(obj): obj})


def _field(obj: Priced) -> str:
    return "charge_group" if isinstance(obj, ChargeGroup) else "charge_point"
