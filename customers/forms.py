"""Forms of customers, charge cards, logins, passwords and roles."""

from __future__ import annotations

from copy import copy
from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminPasswordWidget

from customers.leading_zeros import card_in_words, cards_but_for_zeros, differs_by_zeros
from customers.models import ChargeCard, Provider, StaffMember, UserGroup
from evcnet.admin.forms import OwnedForm, PortalForm
from evcnet.code_keys import UidKey

CANNOT_BE_USED = "This {} cannot be used."


def refuse_duplicate(form: PortalForm, field: str, name: str, **lookup: str) -> str:
    """Keys are unique on the whole platform, so no more is said than that."""
    value: str = form.cleaned_data[field]
    if form._meta.model._base_manager.exclude(pk=form.instance.pk).filter(**lookup).exists():
        raise ValidationError(CANNOT_BE_USED.format(name))
    return value


class CustomerForm(PortalForm):
    """All fields but the user group are saved at once. A customer that exists changes user groups through a preview."""

    moves_to: UserGroup | None = None
    """Where the customer is to go, once it is saved."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        group = cleaned.get("user_group")
        # By now the instance holds what is stored.
        if self.instance.pk is not None and group is not None and group.pk != self.instance.user_group_id:
            self.moves_to, cleaned["user_group"] = group, self.instance.user_group
        return cleaned


class ChargeCardForm(PortalForm):
    """Attaching a customer activates a card that was inactive, unless a status is given with it."""

    activated = deactivated = is_new_uid = False

    def clean_uid(self) -> str:
        uid = self.stored_spelling("uid", UidKey)
        self.is_new_uid = self.instance.pk is None or UidKey.of(uid) != UidKey.of(self.instance.uid)
        refuse_duplicate(self, "uid", "uid", uid__uid_key=UidKey.of(uid))
        return uid

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("uid") and self.is_new_uid:
            self._refuse_lost_zeros(cleaned["uid"])
        # By now the instance holds what is stored.
        if "customer" not in cleaned or "status" not in cleaned:
            return cleaned
        status = ChargeCard.Status
        chosen = self.instance.pk is not None and cleaned["status"] != self.instance.status
        had, has = self.instance.customer_id is not None, cleaned["customer"] is not None
        if not chosen and has and not had and cleaned["status"] == status.INACTIVE:
            cleaned["status"], self.activated = status.ACTIVE, True
        if not chosen and had and not has and cleaned["status"] == status.ACTIVE:
            cleaned["status"], self.deactivated = status.INACTIVE, True
        return cleaned

    def _refuse_lost_zeros(self, uid: str) -> None:
        provider = self.cleaned_data.get("provider") or (
            self.instance.provider if self.instance.pk else self._provider()
        )
        if provider is None:
            return
        for card in cards_but_for_zeros(provider, [uid]):
            if card.pk != self.instance.pk:
                visible = ChargeCard.objects.visible_to(self.request.user).filter(pk=card.pk).exists()
                self.add_error("uid", differs_by_zeros(card_in_words(card, visible=visible)))
                return


class NewChargeCardForm(ChargeCardForm):
    """A new card is active once it has a customer, unless a status is chosen."""

    status = forms.ChoiceField(
        required=False,
        choices=[("", "Active with a customer, else inactive"), *ChargeCard.Status.choices],
        help_text="To block a card is to deactivate it.",
    )

    def clean_status(self) -> str:
        # An own status is left to the constraints; the usual one follows from the customer.
        self.status_chosen = bool(self.cleaned_data["status"])
        return self.cleaned_data["status"] or str(ChargeCard.Status.INACTIVE)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.activated and getattr(self, "status_chosen", False):
            cleaned["status"], self.activated = ChargeCard.Status.INACTIVE, False
        return cleaned


class LoginForm(PortalForm):
    def clean_email(self) -> str:
        return refuse_duplicate(self, "email", "e-mail address", email__iexact=self.cleaned_data["email"])

    def clean_is_active(self) -> bool:
        active: bool = self.cleaned_data["is_active"]
        if not active and self.request is not None and self.instance.pk == self.request.user.pk:
            raise ValidationError("You can't deactivate your own login: ask somebody else who manages logins.")
        return active


class PasswordForm(forms.Form):
    """A password that is set by somebody else, typed twice, and checked against the rules."""

    password = forms.CharField(
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html(),
    )
    password_again = forms.CharField(
        label="Password again",
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, login: StaffMember, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.login = login

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        check_password(self, cleaned, self.login)
        return cleaned


def optional(field: forms.Field) -> forms.Field:
    field = copy(field)
    field.required = False
    return field


def check_password(form: forms.Form, cleaned: dict[str, Any], login: StaffMember | None) -> None:
    password, again = cleaned.get("password"), cleaned.get("password_again")
    if password is not None and again is not None and password != again:
        form.add_error("password_again", "The two passwords differ.")
    if password:
        try:
            validate_password(password, login)
        except ValidationError as error:
            form.add_error("password", error)


class NewLoginForm(LoginForm):
    """Without a password the login is invited by mail to choose one, which its admin then never knows."""

    password = optional(PasswordForm.base_fields["password"])
    password_again = optional(PasswordForm.base_fields["password_again"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        login = StaffMember(email=cleaned.get("email") or "", name=cleaned.get("name") or "")
        check_password(self, cleaned, login)  # type: ignore[arg-type]
        return cleaned

    def save(self, commit: bool = True) -> Any:
        self.instance.set_password(self.cleaned_data["password"] or None)
        return super().save(commit)


class RoleForm(OwnedForm):
    """One role of a login. Its provider is that of the user group, or the one provider whose admin gives it."""

    def _provider(self) -> Any:
        group = self.cleaned_data.get("user_group")
        if group is not None:
            return group.provider
        reach = self.request.user.scope("customers.add_membership").providers
        return Provider.objects.get(pk=min(reach)) if len(reach) == 1 else None

    def _post_clean(self) -> None:
        super()._post_clean()
        if not self.errors and not self.request.user.gives(self.instance):
            self.add_error(
                None, "This role reaches further than you may give: choose a role and a user group of your own."
            )


class RoleFormSet(PaginationInlineFormSet):
    """A login has a role; one that shall have none is deactivated, since else nobody would see it any more."""

    def clean(self) -> None:
        super().clean()
        roles = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if not any(self.errors) and not roles:
            raise ValidationError("Give the login at least one role, or deactivate it instead.")
