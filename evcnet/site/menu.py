"""The admin site that is the portal, and its menu."""

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import include, path, reverse
from unfold.sites import UnfoldAdminSite

from chargegroups.tariff_usage import in_use_first
from customers.models import StaffMember
from evcnet.admin.requests import StaffRequest
from evcnet.tenancy import usable_rows
from tariffs.forms.tariff_picker import BY_CODE, tariff_words
from tariffs.models import Tariff


class FieldSuggestions(AutocompleteJsonView):
    """What a field of a form offers. Relations that are no field of a form are refused like all that is not there."""

    request: StaffRequest

    def process_request(self, request: HttpRequest) -> Any:
        response = super().process_request(request)
        if not response[2].concrete:
            raise PermissionDenied
        is_by_code = response[1].model is Tariff and request.GET.get("by") == BY_CODE
        return (*response[:3], BY_CODE) if is_by_code else response

    def get_queryset(self) -> Any:
        """Of what is seen, but not to be chosen, nothing is suggested."""
        rows = super().get_queryset()
        if rows.model.tenancy.users is not None:
            rows = rows.filter(pk__in=usable_rows(rows.model, self.request.user).values("pk"))
        return in_use_first(rows, self.request.user) if rows.model is Tariff else rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        self.words = tariff_words(context["object_list"]) if self.model_admin.model is Tariff else {}
        return context

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        result: dict[str, str] = super().serialize_result(obj, to_field_name)
        return result | {"text": self.words.get(obj.pk, result["text"])}


class PortalSite(UnfoldAdminSite):
    """Shows what says whose it is, and nothing else: pages that other packages bring along are not for staff."""

    index_title = "Home"
    enable_nav_sidebar = True

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")

    def autocomplete_view(self, request: StaffRequest) -> Any:
        return FieldSuggestions.as_view(admin_site=self)(request)

    def search(self, request: StaffRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """In place of Unfold's, which looks into each list by its own search, and keeps for five minutes what it found."""
        from evcnet.site.search.view import box

        return box(request)

    def get_urls(self) -> list[Any]:
        from chargepoints.admin.explainer import may_charge, suggest
        from chargepoints.admin.findings import findings_page
        from chargepoints.admin.point_map import map_data
        from evcnet.admin.undo_status import undo_status

        own = [
            path("findings/", self.admin_view(findings_page), name="findings"),
            path("undo/<uuid:context>/", self.admin_view(undo_status), name="undo_status"),
            path("may-this-card-charge/", self.admin_view(may_charge), name="may_charge"),
            path("may-this-card-charge/suggest/", self.admin_view(suggest), name="may_charge_suggest"),
            path("map/", self.admin_view(map_data), name="point_map"),
        ]
        # The page of a row by its content type would tell a row that is there from one that is not, whose ever it is.
        pages = (each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site")
        return [*own, *map(_with_plain_address, pages)]

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        super().register([model for model in models if hasattr(model, "tenancy")], admin_class, **options)


def _with_plain_address(pages: Any) -> Any:
    """Drafts stand at an address that people write to each other: /changes/drafts/42/."""
    if str(pages.pattern) != "changes/draft/":
        return pages
    return path("changes/drafts/", include(pages.url_patterns))


def stylesheet(request: StaffRequest) -> str:
    return static("evcnet/portal.css")


def script(request: StaffRequest) -> str:
    return static("evcnet/portal.js")


HOME = "admin:index"
_MENU: list[tuple[str, list[tuple[str, str, str | None]]]] = [
    (
        "",
        [
            ("Home", HOME, None),
            ("Check a card", "admin:may_charge", "chargepoints.view_chargepoint"),
            ("Findings", "admin:findings", "chargegroups.view_chargegroup"),
            ("Alerts", "admin:customers_staffalert_changelist", "customers.view_staffalert"),
        ],
    ),
    (
        "",
        [
            ("Charge groups", "admin:chargegroups_chargegroup_changelist", "chargegroups.view_chargegroup"),
            ("Tariffs", "admin:tariffs_tariff_changelist", "tariffs.view_tariff"),
            ("Changes", "admin:changes_change_changelist", "changes.view_change"),
            ("Drafts", "admin:changes_draft_changelist", "changes.view_draft"),
        ],
    ),
    (
        "",
        [
            ("Charge points", "admin:chargepoints_chargepoint_changelist", "chargepoints.view_chargepoint"),
            ("Locations", "admin:chargepoints_location_changelist", "chargepoints.view_location"),
            ("Sessions", "admin:chargepoints_session_changelist", "chargepoints.view_session"),
            ("Decisions", "admin:chargepoints_decisionentry_changelist", "chargepoints.view_decisionentry"),
            ("Unknown devices", "admin:gateway_unknowndevice_changelist", "gateway.view_unknowndevice"),
        ],
    ),
    (
        "",
        [
            ("Customers", "admin:customers_customer_changelist", "customers.view_customer"),
            ("Cards", "admin:customers_chargecard_changelist", "customers.view_chargecard"),
            ("User groups", "admin:customers_usergroup_changelist", "customers.view_usergroup"),
            ("Notices", "admin:customers_notice_changelist", "customers.view_notice"),
        ],
    ),
    (
        "Settings",
        [
            ("Providers", "admin:customers_provider_changelist", "customers.view_provider"),
            ("Letters", "admin:customers_lettersettings_changelist", "customers.view_lettersettings"),
            ("Logins", "admin:customers_staffmember_changelist", "customers.view_staffmember"),
            ("API keys", "admin:customers_apikey_changelist", "customers.view_apikey"),
            ("Partners", "admin:roaming_partner_changelist", "roaming.view_partner"),
            ("Tokens of partners", "admin:roaming_partnertoken_changelist", "roaming.view_partnertoken"),
            ("Messages of partners", "admin:roaming_partnermessage_changelist", "roaming.view_partnermessage"),
            ("Activity", "admin:customers_auditentry_changelist", "customers.view_auditentry"),
            ("Jobs", "admin:customers_job_changelist", "customers.view_job"),
        ],
    ),
]
"""In groups as people work: what is asked every day, terms, places, people; each begins with what it is about."""


def menu_of(login: StaffMember) -> list[tuple[str, list[tuple[str, str]]]]:
    """Heads and entries, as label and address, without what this login may not see."""
    permitted = (
        (
            head,
            [(label, name) for label, name, permission in entries if permission is None or login.has_perm(permission)],
        )
        for head, entries in _MENU
    )
    return [(head, entries) for head, entries in permitted if entries]


def navigation(request: StaffRequest) -> list[dict[str, Any]]:
    """The menu, without what this login may not see."""
    home = ", ".join(["Home", *(group.name for group in request.user.user_groups)])
    sections: list[dict[str, Any]] = []
    for head, entries in menu_of(request.user):
        items = [{"title": home if name == HOME else label, "link": reverse(name)} for label, name in entries]
        sections.append({"title": head, "separator": bool(sections), "items": items})
    return sections
