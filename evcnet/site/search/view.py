"""The address of the box: its lines for what was typed, and a page of them for browsers without scripts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpResponse
from django.template.response import TemplateResponse

from evcnet.admin.requests import StaffRequest
from evcnet.site.search.lines import SearchInput, SearchSection, read_input
from evcnet.site.search.pages import page_section
from evcnet.site.search.question import question_section
from evcnet.site.search.recent import recent_section
from evcnet.site.search.rows import kinds_of, sections
from evcnet.text import counted
from evcnet.together import read


def box(request: StaffRequest) -> HttpResponse:
    """``s`` is what was typed; with ``extended`` the lines alone, as Unfold's own search has it."""
    typed = read_input(request.GET.get("s", ""))
    lines = _sections(request, typed)
    count = sum(len(section.lines) for section in lines)
    context: dict[str, Any] = {
        "typed": typed.text,
        "sections": lines,
        "count": counted(count, "result") if typed.text else "",
        "kinds": [kind.heading.lower() for kind in kinds_of(request.user)],
        "may_ask": request.user.has_perm("chargepoints.view_chargepoint"),
    }
    if "extended" in request.GET:
        return TemplateResponse(request, "evcnet/box_lines.html", context)
    return TemplateResponse(
        request, "evcnet/search.html", {**admin.site.each_context(request), "title": "Search", **context}
    )


def _sections(request: StaffRequest, typed: SearchInput) -> list[SearchSection]:
    if not typed.text:
        return list(recent_section(request))
    if not typed.parts:
        return []
    answers = list(question_section(request.user, typed))
    return [*answers, *page_section(request, typed), *read(sections(request.user, typed))]
