"""Template tags and filters of the portal: badges, prices, counts, and how long ago."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from evcnet.badges import BADGES
from evcnet.badges import badge as of_kind
from evcnet.datetimes import end_in_words
from evcnet.text import counted

register = template.Library()
FREE = BADGES["free"][0]


@register.simple_tag
def badge(kind: str, word: str = "") -> SafeString:
    return of_kind(kind, word)


@register.filter
def number(value: Any) -> str:
    """A count or an amount with its thousands apart: 1,916."""
    return f"{value:,}" if isinstance(value, int | Decimal) else str(value)


@register.filter
def ago(moment: datetime) -> str:
    """How long ago, in the largest unit that says enough: "just now", "7 minutes ago"."""
    since = timesince(moment, depth=1)
    return "just now" if since.startswith("0") else f"{since} ago"


@register.filter
def last_day(moment: datetime | None) -> str:
    """When something ends: the day that it still includes, or the moment of another time than midnight."""
    return end_in_words(moment, timezone.get_current_timezone())


@register.filter
def plain(value: Any) -> str:
    """A measured number without the zeros that say nothing: 22.17, 300; a dash where there is none."""
    return "–" if value is None else f"{value.normalize():,f}"


@register.simple_tag
def count(value: int, one: str, many: str = "") -> str:
    """ "1 charge point", "24 charge points"."""
    return counted(value, one, many)


@register.simple_tag(takes_context=True)
def query(context: Any, **changes: Any) -> str:
    """The address's query with some parameters changed; an empty one is left out."""
    params = context["request"].GET.copy()
    for name, value in changes.items():
        params.pop(name, None)
        if value not in (None, ""):
            params[name] = value
    return f"?{params.urlencode()}"


@register.simple_tag
def price(tag: Any) -> SafeString:
    """The current price of a tariff: its name, its price with the unit, and the badge of a free one. None: a dash."""
    if tag is None:
        return format_html("{}", "–")
    if tag.version is None:
        return format_html('{} <span class="evc-soft">{}</span>', tag.name, tag.words)
    if tag.free:
        # A tariff whose name says it needs no second word for it.
        return of_kind("free") if tag.name == FREE else format_html("{} {}", tag.name, of_kind("free"))
    return format_html('<span class="evc-tag">{} <span class="evc-price">{}</span></span>', tag.name, tag.text)


@register.simple_tag
def amount(value: Any, vat: Any) -> SafeString:
    """A price of an element with its VAT: "0.35 + 21 %"; a dash where the element says nothing."""
    if value is None:
        return format_html("{}", "–")
    text = f"{value:.4f}".rstrip("0")
    text += "0" * max(0, 2 - len(text.partition(".")[2]))
    if vat is None:
        return format_html("{}", text)
    return format_html('{} <span class="evc-soft">+ {} %</span>', text, f"{vat.normalize():f}")
