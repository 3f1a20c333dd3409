"""The ModelAdmin of the portal: scope, refusals in words, history, and a guard against lost updates.

Every admin of the project builds on it. With import and export: ``class X(ModelAdmin[Row], BulkImportExportAdmin)``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import copy
from typing import Any, Generic, Self, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin import site
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db import DataError, connection, models
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold import admin as unfold

from customers.permissions import Role, granted
from customers.status_changes import with_reasons
from evcnet.admin.change_list import AnnotatedChangeList
from evcnet.admin.clock import use_clock_of, use_clock_of_new_row
from evcnet.admin.deletion import goes_along, in_the_way
from evcnet.admin.filter_chips import filter_chips, url_without_filters
from evcnet.admin.filters import RelatedFilter
from evcnet.admin.forms import OwnedForm, PortalForm
from evcnet.admin.list_pages import ListPages
from evcnet.admin.presets import Preset, preset_action, preset_tabs
from evcnet.admin.replica_pages import reads_replica
from evcnet.admin.requests import StaffRequest
from evcnet.admin.scoped import MOMENTS, Scoped, StackedInline, TabularInline, sees_target
from evcnet.errors import REFUSALS, DomainError, Refusal, refusal_of
from evcnet.history import event_model, page_of_history
from evcnet.tenancy import visible_rows

__all__ = ["ModelAdmin", "StackedInline", "TabularInline", "page_of_row"]

ObjectView = Callable[[Any, StaffRequest, Any], HttpResponseBase]
Row = TypeVar("Row", bound=models.Model)
SLUG_SCRIPTS = re.compile(r"admin/js/(urlify|prepopulate|vendor/xregexp/.*)\.js")
"""What writes one field from another as one types, which no form of the portal does: an eighth of what a list loads."""


def without_indentation(response: TemplateResponse) -> HttpResponse:
    """A page whose lines begin where they begin to say something: a fifth of a list is indentation of its templates."""
    response.render()
    response.content = re.sub(rb"\n\s+", b"\n", response.content)
    return response


def page_of_row(model: type[models.Model], pk: Any) -> str:
    """The page that a row opens on, by the admin of its model."""
    page_of: Any = site.get_model_admin(model)
    address: str = page_of.page(pk)
    return address


class ModelAdmin(Scoped, unfold.ModelAdmin, Generic[Row]):
    """A list and a page for each row, scoped to the login. Don't name ``provider`` in fields: the form sets it."""

    model: type[Row]
    form = PortalForm
    formfield_overrides = MOMENTS
    show_full_result_count = False
    list_per_page = 50
    paginator: type[Paginator[Any]] = ListPages
    list_filter_submit = True
    change_form_before_template = "evcnet/conflict.html"
    empty_words = "What your role lets you see stands here."
    """What would stand in a list that is empty."""
    empty_advice = ""
    """What to do about it, for a login that may add rows; in a copy for one that may not, whom to ask."""
    presets: tuple[Preset, ...] = ()
    """Filters under a name, as tabs above the list; the first is the whole list. None: no tabs."""
    main_page = "change"
    """The page of a row that lists open, and to which one returns."""
    open_relations: tuple[str, ...] = ()
    """Relations of which the list shows everybody the rows, those that the login may not open too."""
    refusal: Refusal | None = None
    """Why the database refused what was typed, when the page is made again."""
    read_only = unchecked = False
    """Whether this request only shows what was typed again, and whether without looking for errors."""
    hidden_relations: dict[Any, set[str]] | None = None

    def for_request(self) -> Self:
        """A copy that serves one request, as an instance of a class-based view does. Its steps hand things on in it."""
        page = copy(self)
        page.row_permissions, page.hidden_relations = {}, {}
        return page

    @property
    def media(self) -> forms.Media:
        given = super().media
        return forms.Media(css=given._css, js=[path for path in given._js if not SLUG_SCRIPTS.fullmatch(path)])

    # Lists

    def get_changelist(self, request: StaffRequest, **kwargs: Any) -> Any:
        return AnnotatedChangeList

    def get_list_select_related(self, request: StaffRequest) -> Any:
        """The foreign keys that the list shows, those that may be empty too, which Django leaves out."""
        if self.list_select_related:
            return self.list_select_related
        relations = {field.name for field in self.model._meta.fields if field.is_relation}
        return [name for name in self.get_list_display(request) if name in relations]

    def fetch_columns(self, request: StaffRequest, rows: list[Row]) -> None:
        """Keep in this copy what the columns of one list page show beyond the rows' own fields: one query a fact."""

    def action_checkbox(self, obj: Row) -> str:
        """Django's, by the class of its looks: Unfold's own names thirty in each row."""
        return format_html(
            '<input type="checkbox" name="_selected_action" value="{}" class="action-select evc-row-tick"'
            ' aria-label="Select record">',
            obj.pk,
        )

    def rank_matches(self, rows: Any, typed: str) -> Any:
        """What a search found, the best first; in the list's order as long as nothing says which are better."""
        return rows

    def exact_total(self, request: StaffRequest) -> int | None:
        """How many rows the login sees in all, where it is known without counting them."""
        return None

    def preset_totals(self, request: StaffRequest) -> Mapping[str, models.QuerySet[Any, Any]]:
        """Presets whose numbers are known without counting rows, by label: each a queryset of one row with ``total``."""
        return {}

    def get_list_filter(self, request: StaffRequest) -> Any:
        return [self._scoped_filter(each) for each in super().get_list_filter(request)]

    def lookup_allowed(self, lookup: str, value: Any, request: StaffRequest | None = None) -> bool:
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
        return any(self._is_filtered_by(path, lookup) for path in paths)

    def _is_filtered_by(self, path: str, lookup: str) -> bool:
        """Is this a condition that the filter on the field at the end of the path sets?"""
        if lookup != path and not lookup.startswith(f"{path}__"):
            return False
        is_relation = get_fields_from_path(self.model, path)[-1].is_relation
        return not is_relation or lookup in (f"{path}__id__exact", f"{path}__isnull")

    def _scoped_filter(self, each: Any) -> Any:
        """Django's own filter on a foreign key would name the rows of other providers."""
        if isinstance(each, str) and "__" not in each and self.model._meta.get_field(each).is_relation:
            return (each, RelatedFilter)
        return each

    def whom_to_ask(self, request: StaffRequest) -> str:
        """For a login that may not add rows; empty where a provider admin does not either."""
        permission = f"{self.model._meta.app_label}.add_{self.model._meta.model_name}"
        return request.user.whom_to_ask if granted(Role.PROVIDER_ADMIN, permission) else ""

    @reads_replica
    def changelist_view(self, request: StaffRequest, extra_context: Any = None) -> Any:
        page = self.for_request()
        if not page.has_add_permission(request):
            page.empty_advice = page.whom_to_ask(request)
        try:
            response = super(ModelAdmin, page).changelist_view(request, extra_context)
            return page.finished_list(request, response) if isinstance(response, TemplateResponse) else response
        except (ValueError, ValidationError, DataError):
            if request.method != "GET" or not request.GET:
                raise
            messages.warning(request, "That filter makes no sense here, so all rows are shown.")
            return HttpResponseRedirect(request.path)

    def finished_list(self, request: StaffRequest, response: TemplateResponse) -> HttpResponse:
        """The list with what stands above it; or the page that an action of it leads to."""
        context = response.context_data or {}
        if "cl" in context:
            context["filter_chips"] = filter_chips(context["cl"])
            context["url_without_filters"] = url_without_filters(context["cl"])
            tabs = [] if context["cl"].is_popup else preset_tabs(context["cl"], request)
            context["preset_tabs"], context["preset_action"] = tabs, preset_action(context["cl"], request, tabs)
        return without_indentation(response)

    # Forms

    def needs_provider_field(self, request: StaffRequest, obj: Row | None = None) -> bool:
        """Only on a new row that no user group need tie to a provider, of a login with roles at several."""
        fields = {field.name: field for field in self.model._meta.fields}
        tied = "user_group" in fields and not fields["user_group"].null
        if obj is not None or "provider" not in fields or tied:
            return False
        return len(request.user.providers) > 1

    def get_fieldsets(self, request: StaffRequest, obj: Row | None = None) -> Any:
        left_out = {"provider", "revision"} | self._hidden_relations(request, obj)
        fieldsets = [
            (name, options | {"fields": [field for field in options["fields"] if field not in left_out]})
            for name, options in super().get_fieldsets(request, obj)
        ]
        if self.needs_provider_field(request, obj):
            fieldsets.insert(0, (None, {"fields": ["provider"]}))
        return fieldsets

    def _hidden_relations(self, request: StaffRequest, obj: Row | None) -> set[str]:
        """Fields that point at rows which the login does not see: not shown, not asked, and kept as they are."""
        if obj is None or obj.pk is None:
            return set()
        cache = {} if self.hidden_relations is None else self.hidden_relations
        if obj.pk not in cache:
            fields = [field for field in self.model._meta.concrete_fields if field.is_relation]
            cache[obj.pk] = {field.name for field in fields if not sees_target(request.user, obj, field)}
        return cache[obj.pk]

    def render_change_form(self, request: StaffRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        obj = context.get("original")
        context["tabs"] = self.tabs(request, obj) if obj is not None else []
        return super().render_change_form(request, context, *args, **kwargs)

    def get_form(self, request: StaffRequest, obj: Row | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.request, form.refusal = request, self.refusal
        form.read_only, form.unchecked = self.read_only, self.unchecked
        return form

    def changeform_view(
        self, request: StaffRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        page = self.for_request()
        if object_id is None:
            use_clock_of_new_row(self.model, request)
        try:
            return super(ModelAdmin, page).changeform_view(request, object_id, form_url, extra_context)
        except REFUSALS as error:
            if request.method != "POST":
                raise
            # All of it was undone. The page is made again with what was typed, and the form shows the refusal.
            page = self.for_request()
            page.refusal = refusal_of(error)
            return super(ModelAdmin, page).changeform_view(request, object_id, form_url, extra_context)

    def show_again(self, request: StaffRequest, refusal: Refusal | None = None, *, unchecked: bool = False) -> Any:
        """The form of a new row as it was typed, and what is wrong with it unless it is ``unchecked``. Nothing is saved."""
        page = self.for_request()
        page.read_only, page.unchecked, page.refusal = True, unchecked, refusal
        return page.changeform_view(request)

    def save_formset(self, request: StaffRequest, form: OwnedForm, formset: Any, change: bool) -> None:
        for row in formset.forms:
            if hasattr(row.instance, "provider_id") and hasattr(form.instance, "provider_id"):
                row.instance.provider_id = form.instance.provider_id
        super().save_formset(request, form, formset, change)

    def save_related(self, request: StaffRequest, form: OwnedForm, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self.check_saved_object(request, form.instance, "change" if change else "add")

    def check_saved_object(self, request: StaffRequest, obj: Row, permission: str) -> None:
        """After writing: check every deferred constraint; DomainError where the row is out of the login's scope."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        allowed = visible_rows(self.model, request.user, permission)
        if not allowed.filter(pk=obj.pk).exists():
            raise DomainError("Your role does not reach this far: choose a user group or a provider of your own.")

    # Removal

    def get_deleted_objects(self, objs: Any, request: StaffRequest) -> Any:
        rows = list(objs)
        return [*map(str, rows), *goes_along(rows, request.user)], {}, set(), in_the_way(rows, request.user)

    def delete_view(self, request: StaffRequest, object_id: str, extra_context: Any = None) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except REFUSALS as error:
            messages.error(request, f"Nothing was removed. {refusal_of(error).message}")
            return HttpResponseRedirect(self.page(object_id))

    # History

    def history_sources(self, obj: Row) -> list[tuple[type[models.Model], Any]]:
        """Whose events belong to this row's history: models, each with its rows (ids or a queryset)."""
        return [(self.model, [obj.pk])]

    @reads_replica
    def history_view(self, request: StaffRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        obj = self.get_object_or_404(request, object_id)
        if event_model(self.model) is None:
            raise Http404(f"Of a {self.model._meta.verbose_name} no history is kept.")
        entries, more = page_of_history(self.history_sources(obj), request.user, request.GET.get("before"))
        context = self.page_context(request, obj, f"History of {obj}") | {
            "entries": with_reasons(entries),
            "earlier": entries[-1].at.isoformat() if more else "",
            **(extra_context or {}),
        }
        return TemplateResponse(request, "evcnet/history.html", context)

    # Nothing is written to the admin's own log: the history is kept by the database, whatever writes.
    def log_addition(self, request: StaffRequest, obj: Row, message: Any) -> None:
        return None

    def log_change(self, request: StaffRequest, obj: Row, message: Any) -> None:
        return None

    def log_deletions(self, request: StaffRequest, queryset: Any) -> None:
        return None

    # More pages of a row

    def tabs(self, request: StaffRequest, obj: Row) -> list[tuple[str, str]]:
        """The pages of one row, as (label, address); none where it has one page only."""
        return []

    def object_views(self) -> dict[str, ObjectView]:
        """Pages of one row by their segment of its address; a view takes this admin, the request and the row."""
        return {}

    def object_path(self, segment: str, view: Callable[..., HttpResponseBase]) -> URLPattern:
        """The address of a page of one row; ``view`` takes the request and ``object_id``."""
        name = f"{self.model._meta.app_label}_{self.model._meta.model_name}_{segment.replace('/', '_')}"
        url: URLPattern = path(f"<path:object_id>/{segment}/", self.admin_site.admin_view(view), name=name)
        return url

    def get_urls(self) -> list[Any]:
        views = self.object_views().items()
        return [*(self.object_path(segment, self._with_object(view)) for segment, view in views), *super().get_urls()]

    def _with_object(self, view: ObjectView) -> Callable[..., HttpResponseBase]:
        def view_by_id(request: StaffRequest, object_id: str) -> HttpResponseBase:
            return view(self.for_request(), request, self.get_object_or_404(request, object_id))

        return view_by_id

    def get_object_or_404(self, request: StaffRequest, object_id: Any, permission: str = "view") -> Row:
        """The row, if the login may do this to it. 404 for one that is missing, foreign or out of reach alike."""
        try:
            obj: Row | None = visible_rows(self.model, request.user, permission).filter(pk=object_id).first()
        except (ValueError, OverflowError, DataError, ValidationError):
            obj = None
        if obj is None:
            raise Http404(f"No {self.model._meta.verbose_name} here.")
        use_clock_of(obj, request.user)
        return obj

    def get_object(self, request: StaffRequest, object_id: str, from_field: str | None = None) -> Row | None:
        obj: Row | None = super().get_object(request, object_id, from_field)
        if obj is not None:
            use_clock_of(obj, request.user)
        return obj

    def page(self, pk: Any, view: str = "") -> str:
        meta = self.model._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_{view or self.main_page}", args=[pk])

    def page_context(self, request: StaffRequest, obj: Row | None, title: str) -> dict[str, Any]:
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
