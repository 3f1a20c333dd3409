"""An exception edited in place: what holds now, what would hold, then the deed."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest

from chargegroups import changes
from chargegroups.filters import REASONS
from chargegroups.forms import ExceptionForm
from chargegroups.models import CustomerException
from chargegroups.standing import GroupAt, Standing
from chargegroups.terms import Decision
from evcnet.refusals import REFUSALS, Refused, refusal_of


class Editor:
    """The form in a customer's row. ``customer`` carries its facts (from ``GroupAt.annotated``)."""

    def __init__(self, request: HttpRequest, at: GroupAt, customer: Any) -> None:
        self.request, self.at, self.customer = request, at, customer
        self.exception = self._stored() or CustomerException(
            provider_id=at.group.provider_id, charge_group=at.group, customer=customer
        )
        if request.method == "POST":
            self._require("change" if self.exception.pk else "add")
        data = request.POST if request.method == "POST" else None
        self.form = ExceptionForm(data, instance=self.exception, request=request, auto_id="exception_%s")

    def _stored(self) -> CustomerException | None:
        found: CustomerException | None = self.at.group.exceptions.filter(customer=self.customer.pk).first()
        return found

    def _require(self, action: str) -> None:
        if not self.request.user.has_perm(f"chargegroups.{action}_customerexception"):  # type: ignore[union-attr]
            raise PermissionDenied

    @property
    def removing(self) -> bool:
        return "remove" in self.request.POST and self.exception.pk is not None

    @cached_property
    def valid(self) -> bool:
        if self.removing:
            self._require("delete")
            return True
        return self.request.method == "POST" and self.form.is_valid()

    # What it would do

    @cached_property
    def before(self) -> Standing:
        return self.at.standing_of(self.customer)

    @cached_property
    def moment(self) -> Any:
        """When the change is felt: now, or when the exception begins."""
        begins = None if self.removing else self.exception.valid_from
        return max(self.at.at, begins) if begins else self.at.at

    @cached_property
    def _then(self) -> GroupAt:
        named = [self.exception.tariff_id] if self.exception.tariff_id else []
        return GroupAt(self.at.group, self.moment, tariffs=named)

    @cached_property
    def after(self) -> Decision:
        ended = self.exception.valid_until is not None and self.exception.valid_until <= self.moment
        absent = self.removing or ended
        facts = {
            "same_user_group": self.customer.same_user_group,
            "roams": self.customer.roams,
            "payment": self.customer.payment,
            "status": self.customer.status,
            "exception_access": None if absent else self.exception.access,
            "exception_tariff": None if absent else self.exception.tariff_id,
        }
        return self._then.judge(facts)

    @property
    def effect(self) -> list[tuple[str, Decision, str, Any]]:
        """Two lines: what holds now, and what would hold: (when, decision, reason, price)."""
        now = self.before.decision
        later = "From then on" if self.moment > self.at.at else "After saving"
        return [
            ("Now", now, REASONS.get(now.access.reason, ""), self.at.price_of(now)),
            (later, self.after, REASONS.get(self.after.access.reason, ""), self._then.price_of(self.after)),
        ]

    @property
    def fingerprint(self) -> str:
        """What was shown, so that saving never does anything else."""
        kept = [getattr(self.exception, name) for name in self.form.Meta.fields]
        text = repr([self.removing, kept, [(when, str(reason), str(price)) for when, _, reason, price in self.effect]])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    # The deed

    def apply(self) -> str:
        """Save or remove what was shown, and say so; nothing where it was not shown yet or is refused."""
        if not self.valid or self.request.POST.get("shown") != self.fingerprint:
            return ""
        try:
            return self._remove() if self.removing else self._save()
        except REFUSALS as error:
            refusal = refusal_of(error)
            field = refusal.field if refusal.field in self.form.fields else None
            self.form.add_error(field, refusal.message)
            self.__dict__["valid"] = False
            return ""

    def _save(self) -> str:
        is_new = self.exception.pk is None
        with transaction.atomic():
            changes.save_exception(self.exception)
            reach = CustomerException.objects.visible_to(self.request.user, "add" if is_new else "change")
            if not reach.filter(pk=self.exception.pk).exists():
                raise Refused("Your role does not reach this charge group.")
        return f"The exception of {self.customer} was {'added' if is_new else 'changed'}."

    def _remove(self) -> str:
        changes.remove_exception(self.exception)
        return f"The exception of {self.customer} was removed: the policy counts again."
