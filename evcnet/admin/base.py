"""What do all pages of the portal share? Scope, refusals in words, history, and a guard against lost updates.

Every admin of the project builds on these bases. With import and export: ``class X(ModelAdmin, ImportExportModelAdmin)``.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DataError, connection, models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold import admin as unfold
from unfold.views import ChangeList

from evcnet.admin.deletion import goes_along, in_the_way
from evcnet.admin.filters import RelatedFilter
from evcnet.admin.forms import PortalForm
from evcnet.admin.scoped import Scoped, StackedInline, TabularInline, sees_target
from evcnet.errors import REFUSALS, DomainError, refusal_of
from evcnet.history import event_model, page_of_history

__all__ = ["ModelAdmin", "StackedInline", "TabularInline"]


class PreparedList(ChangeList):
    """A list that fetches what its rows need for the whole page at once."""

    def get_filters(self, request: HttpRequest) -> Any:
        try:
            return super().get_filters(request)
        except DisallowedModelAdminLookup as error:
            raise IncorrectLookupParameters from error

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)  # type: ignore[assignment]
        self.model_admin.prepare(request, self.result_list)


class ModelAdmin(Scoped, unfold.ModelAdmin):
    """A list and a page for each row, scoped to the login. Don't name ``provider`` in fields: the base settles it."""

    form = PortalForm
    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True
    change_form_before_template = "evcnet/conflict.html"

    # Lists

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return PreparedList

    def get_list_select_related(self, request: HttpRequest) -> Any:
        """The foreign keys that the list shows, those that may be empty too, which Django leaves out."""
        if self.list_select_related:
            return self.list_select_related
        relations = {field.name for field in self.model._meta.fields if field.is_relation}
        return [name for name in self.get_list_display(request) if name in relations]

    def prepare(self, request: HttpRequest, rows: list[Any]) -> None:
        """Set on the rows of one list page what its columns show beyond their own fields: one query a fact."""

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [self._scoped_filter(each) for each in super().get_list_filter(request)]

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """By what the list offers alone: any other condition would find out, try by try, what the list does not show."""
        try:
            field = self.model._meta.get_field(lookup.partition("__")[0])
        except FieldDoesNotExist:
            return True  # the name of a filter, or of nothing
        if lookup in {getattr(each, "parameter_name", None) for each in self.list_filter}:
            return True  # a filter of our own that bears the name of a field
        if getattr(field, "primary_key", False):
            return bool(super().lookup_allowed(lookup, value, request))
        paths = (
            each if isinstance(each, str) else each[0] for each in self.list_filter if isinstance(each, str | tuple)
        )
        path = next((path for path in paths if lookup == path or lookup.startswith(f"{path}__")), None)
        if path is None:
            return False
        is_relation = get_fields_from_path(self.model, path)[-1].is_relation
        return not is_relation or lookup in (f"{path}__id__exact", f"{path}__isnull")

    def _scoped_filter(self, each: Any) -> Any:
        """Django's own filter on a foreign key would name the rows of other providers."""
        if isinstance(each, str) and "__" not in each and self.model._meta.get_field(each).is_relation:
            return (each, RelatedFilter)
        return each

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        try:
            response = super().changelist_view(request, extra_context)
            return response.render() if isinstance(response, TemplateResponse) else response
        except (ValueError, ValidationError, DataError):
            if request.method != "GET" or not request.GET:
                raise
            messages.warning(request, "That filter makes no sense here, so all rows are shown.")
            return HttpResponseRedirect(request.path)

    # Forms

    def asks_provider(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only on a new row that no user group ties to a provider, of a login with roles at several."""
        owned = {field.name for field in self.model._meta.fields}
        if obj is not None or "provider" not in owned or "user_group" in owned:
            return False
        return len(request.user.providers) > 1

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        unseen = self._points_out_of_sight(request, obj)
        shown = [(name, self._without(options, unseen)) for name, options in super().get_fieldsets(request, obj)]
        if self.asks_provider(request, obj):
            shown.insert(0, (None, {"fields": ["provider"]}))
        return shown

    def _without(self, options: dict[str, Any], unseen: set[str]) -> dict[str, Any]:
        left_out = {"provider", "revision"} | unseen
        return options | {"fields": [name for name in options["fields"] if name not in left_out]}

    def _points_out_of_sight(self, request: HttpRequest, obj: Any) -> set[str]:
        """Fields that point at rows which the login does not see: not shown, not asked, and kept as they are."""
        if obj is None or obj.pk is None:
            return set()
        known: dict[Any, set[str]] = request.__dict__.setdefault("out_of_sight", {})
        if (key := (self.model, obj.pk)) not in known:
            fields = [field for field in self.model._meta.concrete_fields if field.is_relation]
            known[key] = {field.name for field in fields if not sees_target(request.user, obj, field)}
        return known[key]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        obj = context.get("original")
        context["tabs"] = self.tabs(request, obj) if obj is not None else []
        return super().render_change_form(request, context, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.request = request
        return form

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except REFUSALS as error:
            if request.method != "POST" or hasattr(request, "refusal"):
                raise
            # All of it was undone. The page is made again with what was typed, and the form shows the refusal.
            request.refusal = refusal_of(error)  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.forms:
            if hasattr(row.instance, "provider_id") and hasattr(form.instance, "provider_id"):
                row.instance.provider_id = form.instance.provider_id
        super().save_formset(request, form, formset, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self.settle(request, form.instance, "change" if change else "add")

    def settle(self, request: HttpRequest, obj: Any, action: str) -> None:
        """Now that it is written: does every deferred constraint hold, and is the row within the login's reach?"""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        reach = self.model._default_manager.visible_to(request.user, action)
        if not reach.filter(pk=obj.pk).exists():
            raise DomainError("Your role does not reach this far: choose a user group or a provider of your own.")

    # Removal

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        rows = list(objs)
        return [*map(str, rows), *goes_along(rows, request.user)], {}, set(), in_the_way(rows, request.user)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except REFUSALS as error:
            messages.error(request, f"Nothing was removed. {refusal_of(error).message}")
            return HttpResponseRedirect(self.page(object_id))

    # History

    def history_sources(self, obj: Any) -> list[tuple[type[models.Model], Any]]:
        """Whose events belong to this row's history: models, each with its rows (ids or a queryset)."""
        return [(self.model, [obj.pk])]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        obj = self.seen(request, object_id)
        if event_model(self.model) is None:
            raise Http404(f"Of a {self.model._meta.verbose_name} no history is kept.")
        entries, more = page_of_history(self.history_sources(obj), request.user, request.GET.get("before"))
        context = self.page_context(request, obj, f"History of {obj}") | {
            "entries": entries,
            "earlier": entries[-1].at.isoformat() if more else "",
            **(extra_context or {}),
        }
        return TemplateResponse(request, "evcnet/history.html", context)

    # Nothing is written to the admin's own log: the history is kept by the database, whatever writes.
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        return None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        return None

    # Pages of one's own

    def tabs(self, request: HttpRequest, obj: Any) -> list[tuple[str, str]]:
        """The pages of one row, as (label, address); none where it has one page only."""
        return []

    def get_urls(self) -> Any:
        """``own_pages`` stand under the row's address: (segment, view); a view takes request and object_id."""
        meta = self.model._meta
        own = [
            path(
                f"<path:object_id>/{segment}/",
                self.admin_site.admin_view(view),
                name=f"{meta.app_label}_{meta.model_name}_{segment.replace('/', '_')}",
            )
            for segment, view in self.own_pages()
        ]
        return own + super().get_urls()

    def own_pages(self) -> list[tuple[str, Any]]:
        return [(segment, self._of_row(view)) for segment, view in self.row_pages().items()]

    def row_pages(self) -> dict[str, Any]:
        """Pages whose views take this admin, the request, and the row that the login sees."""
        return {}

    def _of_row(self, view: Any) -> Any:
        def page(request: HttpRequest, object_id: str) -> HttpResponse:
            response: HttpResponse = view(self, request, self.seen(request, object_id))
            return response

        return page

    def seen(self, request: HttpRequest, object_id: Any, action: str = "view") -> Any:
        """The row, if the login may do this to it. 404 for one that is missing, foreign or out of reach alike."""
        try:
            found = self.model._default_manager.visible_to(request.user, action).filter(pk=object_id).first()
        except (ValueError, OverflowError, DataError, ValidationError):
            found = None
        if found is None:
            raise Http404(f"No {self.model._meta.verbose_name} here.")
        return found

    def page(self, pk: Any, view: str = "change") -> str:
        return reverse(f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_{view}", args=[pk])

    def page_context(self, request: HttpRequest, obj: models.Model | None, title: str) -> dict[str, Any]:
        """What the frame's templates need on a page beside the list and the form."""
        return {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "object": obj,
            "original": obj,
            "title": title,
            "media": self.media,
            "tabs": self.tabs(request, obj) if obj else [],
            "has_view_permission": True,
        }
