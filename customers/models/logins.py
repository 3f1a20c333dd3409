"""Logins of staff and their roles."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from customers.models.providers import Provider, UserGroup, ancestors, descendants
from customers.permissions import ADDED_BY, GIVES, SETTINGS, WHOLE_PROVIDER, Role, granted, granted_to_operator
from evcnet.constraints import WithinProvider
from evcnet.history import tracked
from evcnet.personal_data import PersonalData
from evcnet.tenancy import Login, Scope, ScopedQuerySet, Tenancy, visible_rows
from evcnet.validators import validate_name


class StaffMemberQuerySet(ScopedQuerySet):
    def concerned(self, provider: int, user_groups: Collection[int], permission: str) -> Any:
        """The active logins that reach the whole provider, or one of these user groups, with the permission.

        The same that ``scope`` answers for one login, for many: two queries.
        """
        parents = dict(UserGroup.objects.filter(provider=provider).order_by().values_list("pk", "parent_id"))
        held = Membership.objects.filter(_grants(permission), provider=provider)
        reaching = Q(user_group=None) | Q(user_group__in=ancestors(user_groups, parents))
        return self.filter(is_active=True, pk__in=held.filter(reaching).values("staff_member"))

    def visible_to(self, login: Login, action: str = "view") -> Any:
        """Whose logins are those of user groups sees none that holds a role outside of them, or runs the platform."""
        rows = super().visible_to(login, action)
        if not login.is_active or not hasattr(login, "scope"):
            return rows
        scope = login.scope(f"customers.{action}_staffmember")
        if not scope.user_groups:
            return rows
        whole = Membership.objects.filter(provider__in=scope.providers).values("staff_member")
        outside = Q(pk__in=Membership.objects.outside(scope).values("staff_member")) | Q(is_operator=True)
        if action != "view":
            for setting in SETTINGS:
                beyond = Membership.objects.filter(**{setting: True}).outside(_scope_of(login, setting))
                outside |= Q(pk__in=beyond.values("staff_member"))
        return rows.filter(Q(pk__in=whole) | ~outside)


class StaffMemberManager(BaseUserManager["StaffMember"].from_queryset(StaffMemberQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> StaffMember:
        login: StaffMember = self.get(email__iexact=username)
        return login

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> StaffMember:
        login: StaffMember = self.model(email=self.normalize_email(email), **fields)
        login.set_password(password)
        login.save()
        return login

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> StaffMember:
        return self.create_user(email, password, is_operator=True, **fields)


@tracked(exclude=["password", "last_login"])
class StaffMember(AbstractBaseUser):
    """A login. What it reaches follows from its memberships alone; a login without one reaches nothing."""

    class AlertMail(models.TextChoices):
        NONE = "none", "no mail"
        AT_ONCE = "at_once", "at once"
        DAILY = "daily", "once a day, at 07:00"

    email = models.EmailField("e-mail address")
    name = models.CharField(max_length=100, validators=[validate_name])
    is_active = models.BooleanField("active", default=True, help_text="A login that is not active can't sign in.")
    is_operator = models.BooleanField(
        "platform operator",
        default=False,
        help_text="Manages providers. Sees no customer data unless given a role at a provider.",
    )

    alert_mail = models.CharField(
        "alerts by mail", max_length=7, choices=AlertMail, default=AlertMail.NONE, db_default=AlertMail.NONE
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    is_staff = True
    is_superuser = False

    personal_data = PersonalData(impersonal=("email", "name", "password", "alert_mail"))
    reads_primary = True
    tenancy = Tenancy(provider="memberships__provider_id", user_groups=("memberships__user_group_id",))
    objects = StaffMemberManager()

    class Meta:
        verbose_name = "login"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="login_email_once", violation_error_message="This e-mail address cannot be used."
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        self.email = self.email.lower()

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Looked up as it is stored, so it is stored in one way.
        self.email = self.email.lower()
        super().save(*args, **kwargs)

    @cached_property
    def _memberships(self) -> list[Membership]:
        return list(self.memberships.all())

    @cached_property
    def _parents(self) -> dict[int, int | None]:
        providers = {each.provider_id for each in self._memberships if each.user_group_id is not None}
        return dict(UserGroup.objects.filter(provider_id__in=providers).values_list("pk", "parent_id"))

    @cached_property
    def _descendants(self) -> dict[frozenset[int], frozenset[int]]:
        return {}

    def _with_descendants(self, groups: frozenset[int]) -> frozenset[int]:
        """Kept, since a page asks for dozens of permissions and a provider may have thousands of user groups."""
        if groups and groups not in self._descendants:
            self._descendants[groups] = descendants(groups, self._parents)
        return self._descendants.get(groups, frozenset())

    def scope(self, permission: str) -> Scope:
        """What this login reaches with a permission such as ``customers.view_customer``."""
        if not self.is_active:
            return Scope()
        roles = [each for each in self._memberships if granted(each.role, permission, each.settings)]
        return replace(self._scope(roles), platform=self.is_operator and granted_to_operator(permission))

    def _scope(self, roles: Collection[Membership]) -> Scope:
        groups = frozenset(each.user_group_id for each in roles if each.user_group_id is not None)
        return Scope(
            providers=frozenset(each.provider_id for each in roles if each.user_group_id is None),
            user_groups=self._with_descendants(groups),
            above=ancestors(groups, self._parents) - groups if groups else frozenset(),
        )

    @property
    def roles_to_give(self) -> list[Role]:
        """Which of the roles this login may give to others, somewhere."""
        return [role for role in Role if any(role in GIVES.get(each.role, ()) for each in self._memberships)]

    def gives(self, role: Membership) -> bool:
        """May this login give that role, change it, or take it away: one of its own reach, that allows no more than its own?"""
        owned = (each for each in self._memberships if role.role in GIVES.get(each.role, ()))
        scopes = [self._scope([each]) for each in owned]
        return any(role.is_within(each) for each in scopes) and all(
            role.is_within(_scope_of(self, setting)) for setting in role.settings
        )

    @property
    def needs_second_factor(self) -> bool:
        """Must this login show more than a password? So say the providers at which it holds a role; settings, of operators."""
        admin_of = {each.provider_id for each in self._memberships if each.role == Role.PROVIDER_ADMIN}
        if self.is_operator and settings.OPERATORS_NEED_SECOND_FACTOR:
            return True
        return any(
            provider.mfa_required_for == Provider.SecondFactor.EVERYONE
            or (provider.mfa_required_for == Provider.SecondFactor.ADMINS and provider.pk in admin_of)
            for provider in self.providers
        )

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """With ``obj``: is that very row within reach of the permission? It may be one of rows that hang on it, as the
        commands of a charge point do."""
        scope = self.scope(perm)
        if obj is None or not scope:
            return bool(scope)
        action, _, model = perm.partition(".")[2].partition("_")
        if model == obj._meta.model_name:
            return bool(visible_rows(type(obj), self, action).filter(pk=obj.pk).exists())
        within = obj.tenancy.clause(type(obj), scope)  # type: ignore[attr-defined]
        return bool(type(obj)._default_manager.filter(within, pk=obj.pk).exists())

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active

    @cached_property
    def providers(self) -> list[Provider]:
        """The providers at which this login holds any role, by name."""
        return list(Provider.objects.filter(pk__in={each.provider_id for each in self._memberships}))

    @property
    def time_zones(self) -> list[str]:
        """Those of its providers, each once, the first provider's first."""
        return list(dict.fromkeys(provider.time_zone for provider in self.providers))

    @property
    def whom_to_ask(self) -> str:
        """Who does what this login's roles don't allow; empty where it has none."""
        names = " or ".join(provider.name for provider in self.providers)
        return f"Ask a provider admin of {names}." if names else ""

    @cached_property
    def user_groups(self) -> list[UserGroup]:
        """Those that it works for, by name, at providers of which it does not reach all."""
        whole = {each.provider_id for each in self._memberships if each.user_group_id is None}
        limited = (each for each in self._memberships if each.provider_id not in whole)
        keys = {each.user_group_id for each in limited if each.user_group_id is not None}
        return list(UserGroup.objects.filter(pk__in=keys)) if keys else []

    def works_as(self, role: Role) -> bool:
        """Does it hold this role, and no other?"""
        return {each.role for each in self._memberships} == {role}

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]


def _grants(permission: str) -> Q:
    """The roles that carry the permission, with a setting where that is what gives it."""
    plain = Q(role__in=[role for role in Role if granted(role, permission)])
    allowed = [each for each in SETTINGS if granted(Role.SUB_PROVIDER, permission, [each])]
    return Q.create([plain, *(Q(role=Role.SUB_PROVIDER, **{each: True}) for each in allowed)], connector=Q.OR)


def _scope_of(login: Login, setting: str) -> Scope:
    """Where the login has what the setting adds to a role."""
    return login.scope(ADDED_BY[setting])


class MembershipQuerySet(ScopedQuerySet):
    def outside(self, scope: Scope) -> Any:
        """The roles that are not ``is_within`` the scope."""
        within = Q(provider__in=scope.providers) | Q(user_group__isnull=False, user_group__in=scope.user_groups)
        return self.exclude(within)


@tracked()
class Membership(models.Model):
    """One role of a login, at a provider or at one of its user groups and all below it."""

    staff_member = models.ForeignKey(StaffMember, models.CASCADE, related_name="memberships", verbose_name="login")
    provider = models.ForeignKey(Provider, models.CASCADE)
    user_group = models.ForeignKey(
        UserGroup,
        models.CASCADE,
        null=True,
        blank=True,
        help_text="Empty: all user groups of the provider. Provider admin and provider staff always reach all.",
    )
    role = models.CharField(max_length=20, choices=Role)
    may_make_tariffs = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Sub provider: makes tariffs of its own for its user group and those below it.",
    )
    may_add_locations = models.BooleanField(
        default=False, db_default=False, help_text="Sub provider: adds locations, which the provider publishes."
    )

    reads_primary = True
    tenancy = Tenancy(user_groups=("user_group_id",))
    objects = models.Manager.from_queryset(MembershipQuerySet)()

    class Meta:
        verbose_name = "role"
        ordering = ["provider", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["staff_member", "provider", "user_group", "role"],
                nulls_distinct=False,
                name="role_held_once",
                violation_error_message="The login holds this role already.",
            ),
            models.CheckConstraint(
                condition=models.Q(user_group=None) | ~models.Q(role__in=sorted(WHOLE_PROVIDER)),
                name="role_of_whole_provider",
                violation_error_message="Provider admin and provider staff reach the whole provider: "
                "leave the user group empty.",
            ),
            models.CheckConstraint(
                condition=models.Q(user_group__isnull=False) | ~models.Q(role=Role.SUB_PROVIDER),
                name="role_sub_provider_has_group",
                violation_error_message="Say which user group the sub provider runs.",
            ),
            models.CheckConstraint(
                condition=models.Q(role=Role.SUB_PROVIDER) | models.Q(may_make_tariffs=False, may_add_locations=False),
                name="role_settings_of_sub_provider",
                violation_error_message="Tariffs and locations of its own are a setting of sub providers: "
                "untick them, or choose that role.",
            ),
            WithinProvider(field="user_group", name="role_group_of_same_provider"),
        ]

    @property
    def settings(self) -> list[str]:
        """The names of those that are on."""
        return [each for each in SETTINGS if getattr(self, each)]

    def is_within(self, scope: Scope) -> bool:
        return self.provider_id in scope.providers or self.user_group_id in scope.user_groups

    def __str__(self) -> str:
        where = self.user_group if self.user_group_id else self.provider
        return f"{self.get_role_display()} at {where}"
