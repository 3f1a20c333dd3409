"""Admin of logins and their roles at one's own provider; nothing of others."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from customers.admin.login_access import LoginAccessMixin
from customers.admin.status_actions import LOGINS
from customers.audit import record
from customers.forms import LoginForm, NewLoginForm, PasswordForm, RoleForm, RoleFormSet
from customers.invitations import waits_for_first_password
from customers.models import AuditEntry, Membership, Provider, StaffMember
from customers.own_rows import user_groups_for
from customers.permissions import ADDED_BY, IN_WORDS, SETTINGS
from evcnet.accounts.attempts import address_of
from evcnet.accounts.reauthentication import AsksPasswordAgain, asks_password_again
from evcnet.accounts.scope import MANAGES_LOGINS, admin_of, gives_up_logins, managed_by
from evcnet.admin.base import TabularInline
from evcnet.admin.forms import OwnedForm
from evcnet.admin.requests import StaffRequest
from evcnet.admin.status_step import StatusStepAdmin
from evcnet.badges import badge
from evcnet.errors import DomainError
from evcnet.history import event_model
from evcnet.primary_keys import parse_pk


class RoleInline(TabularInline):
    model = Membership
    form, formset = RoleForm, RoleFormSet
    verbose_name_plural = "Roles"

    def get_extra(self, request: StaffRequest, obj: StaffMember | None = None, **kwargs: Any) -> int:
        return max(1, len(copied_roles(request))) if obj is None else 0

    def get_exclude(self, request: StaffRequest, obj: models.Model | None = None) -> Any:
        """Asked of an admin of several providers alone; else it is settled."""
        return [] if len(admin_of(request.user)) > 1 else ["provider"]

    def get_fields(self, request: StaffRequest, obj: StaffMember | None = None) -> Any:
        several = ["provider"] if len(admin_of(request.user)) > 1 else []
        settings = [each for each in SETTINGS if request.user.has_perm(ADDED_BY[each])]
        return [*several, "role", "user_group", *settings]

    def formfield_for_foreignkey(self, db_field: Any, request: StaffRequest, **kwargs: Any) -> Any:
        if db_field.name == "provider":
            kwargs["queryset"] = Provider.objects.filter(pk__in=admin_of(request.user))
        if db_field.name == "user_group":
            kwargs["queryset"] = user_groups_for(request.user, Membership)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "user_group":
            field.empty_label = "All user groups" if admin_of(request.user) else "Choose a user group"
            field.required = not admin_of(request.user)
        return field

    def formfield_for_choice_field(self, db_field: Any, request: StaffRequest, **kwargs: Any) -> Any:
        if db_field.name == "role":
            # Nobody is made an admin because that stands first in the list.
            given = request.user.roles_to_give
            kwargs["choices"] = [("", "Choose a role"), *((role.value, role.label) for role in given)]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


def copied_roles(request: StaffRequest) -> list[dict[str, Any]]:
    """A new login may begin with the roles of another (?like=17), as far as the admin sees and gives them."""
    like = parse_pk(request.GET.get("like"))
    if like is None:
        return []
    roles = Membership.objects.visible_to(request.user, "add").filter(staff_member=like)
    return list(roles.values("provider", "role", "user_group", *SETTINGS))


@admin.register(StaffMember)
class LoginAdmin(AsksPasswordAgain, LoginAccessMixin, StatusStepAdmin[StaffMember]):
    status_kind = LOGINS
    form = LoginForm
    list_display = ["name", "email", "roles", "last_login", "display_status"]
    list_filter = ["is_active"]
    search_fields = ["name", "email"]
    search_help_text = "Name or e-mail address"
    inlines = [RoleInline]
    empty_words = "Who signs in here for your provider."
    change_form_outer_before_template = "customers/login.html"

    # List

    roles_of: dict[int, list[str]]

    @admin.display(description="roles")
    def roles(self, login: StaffMember) -> str:
        return ", ".join(self.roles_of[login.pk])

    @admin.display(description="status", ordering="is_active")
    def display_status(self, login: StaffMember) -> str:
        return badge("active" if login.is_active else "inactive")

    def fetch_columns(self, request: StaffRequest, rows: list[StaffMember]) -> None:
        self.roles_of = {login.pk: [] for login in rows}
        roles = Membership.objects.visible_to(request.user).filter(staff_member__in=rows)
        for role in roles.select_related("provider", "user_group"):
            self.roles_of[role.staff_member_id].append(str(role))

    # Page

    def get_formset_kwargs(self, request: StaffRequest, obj: StaffMember, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if request.method == "GET" and obj.pk is None and isinstance(inline, RoleInline):
            kwargs["initial"] = copied_roles(request)
        return kwargs

    def history_sources(self, obj: StaffMember) -> list[tuple[Any, Any]]:
        """Roles that were taken away too, as long as they were at a provider where it has one now."""
        providers = obj.memberships.values("provider_id")
        roles = event_model(Membership)._base_manager.filter(staff_member_id=obj.pk, provider_id__in=providers)
        return [(StaffMember, [obj.pk]), (Membership, roles.values("pgh_obj"))]

    def history_view(self, request: StaffRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        if not managed_by(request.user, self.get_object_or_404(request, object_id)):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def get_fieldsets(self, request: StaffRequest, obj: StaffMember | None = None) -> Any:
        if obj is None:
            words = "Leave both empty: an invitation goes to the address above, by which they choose it themselves."
            password = {"fields": ["password", "password_again"], "description": words}
            return [(None, {"fields": ["name", "email"]}), ("First password", password)]
        return [(None, {"fields": ["name", "email", "is_active"]})]

    def get_form(
        self, request: StaffRequest, obj: StaffMember | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if not change:
            kwargs |= {"form": NewLoginForm, "fields": ["name", "email"]}
        return super().get_form(request, obj, change=change, **kwargs)

    def get_readonly_fields(self, request: StaffRequest, obj: StaffMember | None = None) -> Any:
        """A login that reaches further than its admin is not the admin's to rename, to lock out or to take over."""
        return [] if obj is None or managed_by(request.user, obj) else ["name", "email", "is_active"]

    def save_related(self, request: StaffRequest, form: OwnedForm, formsets: Any, change: bool) -> None:
        before = request.user.scope(MANAGES_LOGINS)
        super().save_related(request, form, formsets, change)
        if not change and waits_for_first_password(form.instance):
            self.invite(request, form.instance)
        if form.instance.pk == request.user.pk:
            after = StaffMember.objects.get(pk=request.user.pk).scope(MANAGES_LOGINS)
            if gives_up_logins(before, after):
                raise DomainError("You can't take your own admin role away: ask another provider admin.")

    def render_change_form(self, request: StaffRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        context["roles"] = [(role.label, IN_WORDS[role]) for role in request.user.roles_to_give]
        context["whom_to_ask"] = request.user.whom_to_ask
        if (login := kwargs.get("obj")) is not None:
            stored = StaffMember.objects.get(pk=login.pk)
            managed = managed_by(request.user, stored)
            context.update({"login": stored, "managed": managed, "password_url": self.page(stored.pk, "password")})
            context.update(self.access_urls(stored) if managed else {})
            context["copy_url"] = f"{reverse('admin:customers_staffmember_add')}?like={stored.pk}"
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        return [self.object_path("password", asks_password_again(self.password_view)), *super().get_urls()]

    def password_view(self, request: StaffRequest, object_id: str) -> HttpResponse:
        login = self.get_object_or_404(request, object_id, "change")
        if not managed_by(request.user, login):
            raise PermissionDenied
        form = PasswordForm(request.POST or None, login=login)
        if form.is_valid():
            self._set_password(request, login, form.cleaned_data["password"])
            return HttpResponseRedirect(self.page(login.pk))
        context = self.page_context(request, login, f"New password for {login}")
        context |= {"form": form, "back": self.page(login.pk), "media": self.media + form.media}
        return TemplateResponse(request, "customers/password.html", context)

    def _set_password(self, request: StaffRequest, login: StaffMember, password: str) -> None:
        login.set_password(password)
        login.save(update_fields=["password"])
        about, address = f"that of {login.name} <{login.email}>", address_of(request)
        record(AuditEntry.Event.PASSWORD_SET, request.user, login.providers, about=about, address=address)
        if login.pk == request.user.pk:
            update_session_auth_hash(request, login)
        messages.success(request, f"{login} has a new password. Wherever they were signed in, they are signed out now.")
