"""How does a tariff arise? With its first prices, typed into the simple form or into the table of elements."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html

from tariffs.admin import editor as price_editor
from tariffs.admin import live_preview, simple_editor_page
from tariffs.forms.prices import PriceEditor
from tariffs.forms.simple import SimpleForm, as_table
from tariffs.writes import add_version


def add(admin: Any, request: HttpRequest) -> HttpResponse:
    if "elements-TOTAL_FORMS" in request.POST:
        return _table(admin, request)
    if request.GET.get("form") == "simple":
        return _simple(admin, request)
    return _table(admin, request)


def _naming(admin: Any, request: HttpRequest, *, bound: bool = True) -> Any:
    """The form of the tariff itself: whose, code, name, currency."""
    fields = (["provider"] if admin.needs_provider_field(request) else []) + ["code", "name", "currency"]
    made = admin.get_form(request, None, fields=fields)
    login: Any = request.user
    if request.method == "POST":
        return made(request.POST) if bound else made(initial=request.POST.dict())
    form = made()
    if len(login.providers) == 1:
        form.initial["currency"] = login.providers[0].currency
    return form


def _table(admin: Any, request: HttpRequest, data: Any = None) -> HttpResponse:
    """The table of elements; ``data`` is what the simple form became."""
    sent = data or request.POST or None
    form = _naming(admin, request)
    named = form.is_valid()
    editor = PriceEditor(form.instance, sent)
    if live_preview.is_asked(request):
        return live_preview.answer(request, live_preview.of_table(request, form.instance, editor))
    step = request.POST.get("step")
    if step == "simple" and editor.empty:
        return _simple_page(admin, request, _naming(admin, request, bound=False), SimpleForm())
    if step == "simple" and editor.is_valid():
        values, reasons = simple_editor_page.typed_in_table(editor)
        if not reasons:
            return _simple_page(admin, request, _naming(admin, request, bound=False), SimpleForm(initial=values))
        editor.unfit = reasons
    if step is None and "preview" not in request.POST or step == "save":
        made = named and editor.is_valid() and _make(admin, request, form, editor)
        if made:
            return _made(admin, request, form)
    words = live_preview.of_table(request, form.instance, editor) if named else {}
    context = _context(admin, request, form) | {"form": form, "editor": editor, "address": ""}
    return TemplateResponse(request, "tariffs/version.html", context | words)


def _simple(admin: Any, request: HttpRequest) -> HttpResponse:
    naming = _naming(admin, request)
    if request.method != "POST":
        return _simple_page(admin, request, naming, SimpleForm())
    form, named = SimpleForm(request.POST), naming.is_valid()
    if live_preview.is_asked(request):
        return live_preview.answer(request, simple_editor_page.words(request, naming.instance, form))
    if form.is_valid() and (named or request.POST.get("step") != "save"):
        return _table(admin, request, as_table(form.tariff(naming.instance.currency), **form.moments))
    return _simple_page(admin, request, naming, form)


def _simple_page(admin: Any, request: HttpRequest, naming: Any, form: SimpleForm) -> HttpResponse:
    context = _context(admin, request, naming) | {"form": form, "tariff_form": naming, "address": "?form=simple"}
    words = simple_editor_page.words(request, naming.instance, form) if naming.instance.currency else {}
    return TemplateResponse(request, "tariffs/simple.html", context | words)


def _context(admin: Any, request: HttpRequest, form: Any) -> dict[str, Any]:
    page: dict[str, Any] = admin.page_context(request, None, "Add tariff")
    return page | {"back": "../", "media": admin.media + form.media}


def _make(admin: Any, request: HttpRequest, form: Any, editor: PriceEditor) -> bool:
    def save() -> None:
        tariff = form.save()
        begins = editor.version.cleaned_data["valid_from"]
        add_version(tariff, editor.rows, valid_from=begins, **editor.fields)
        admin.check_saved_object(request, tariff, "add")

    return price_editor.written(editor, save)


def _made(admin: Any, request: HttpRequest, form: Any) -> HttpResponse:
    messages.success(request, format_html("{} was added with its prices.", form.instance))
    return HttpResponseRedirect(admin.page(form.instance.pk, "prices"))
