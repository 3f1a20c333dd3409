"""An exception edited in place: what holds now, what would hold, then the deed."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied

from changes.apply import StalePreview, apply_change, preview_change
from changes.audience import default_notify
from changes.change_permissions import may_make
from changes.models import Change
from changes.proposals import ExceptionChanges, ProposedException
from chargegroups.customer_access import CustomerAccess, access_of
from chargegroups.filters import REASONS
from chargegroups.forms import ExceptionForm
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.models import CustomerException
from chargegroups.terms import Decision
from customers.models import Customer
from evcnet.accounts.reauthentication import ask_password_again
from evcnet.admin.requests import StaffRequest
from evcnet.errors import REFUSALS, refusal_of


class Editor:
    """The form in a customer's row of "Customers and tariffs"."""

    refusal = ""
    """Why the exception can't be removed."""
    stale = False
    """Whether something else changed since the preview that was confirmed, so that nothing was written."""
    preview: Any = None

    def __init__(self, request: StaffRequest, snapshot: GroupSnapshot, customer: Customer) -> None:
        self.request, self.snapshot, self.customer = request, snapshot, customer
        group = snapshot.group
        self.exception = self._stored_exception() or CustomerException(
            provider_id=group.provider_id, charge_group=group, customer=customer
        )
        if request.method == "POST":
            self._require("change" if self.exception.pk else "add")
        data = request.POST if request.method == "POST" else None
        self.form = ExceptionForm(data, instance=self.exception, request=request, auto_id="exception_%s")

    def _stored_exception(self) -> CustomerException | None:
        exception: CustomerException | None = self.snapshot.group.exceptions.filter(customer=self.customer.pk).first()
        return exception

    def _require(self, action: str) -> None:
        if not self.request.user.has_perm(f"chargegroups.{action}_customerexception"):
            raise PermissionDenied

    @property
    def removing(self) -> bool:
        return "remove" in self.request.POST and self.exception.pk is not None

    @cached_property
    def valid(self) -> bool:
        """Does what was typed make sense, and would it be taken? Then ``preview`` is its preview; else the form says why."""
        if not self.removing and not (self.request.method == "POST" and self.form.is_valid()):
            return False
        if not may_make(self.request.user, self.proposal):
            raise PermissionDenied
        try:
            self.preview = preview_change(self.proposal, login=self.request.user)
        except REFUSALS as error:
            self._refuse(error)
            return False
        return True

    @cached_property
    def proposal(self) -> ExceptionChanges:
        typed = {} if self.removing else {name: getattr(self.exception, name) for name in self.form.Meta.fields}
        row = ProposedException(self.snapshot.group, self.customer, removed=self.removing, **typed)
        return ExceptionChanges([row])

    def _refuse(self, error: Exception) -> None:
        refusal = refusal_of(error)
        if self.removing:
            self.refusal = refusal.message
        else:
            self.form.add_error(refusal.field if refusal.field in self.form.fields else None, refusal.message)

    # What it would do

    @cached_property
    def before(self) -> CustomerAccess:
        return access_of(self.snapshot, [self.customer.pk])[self.customer.pk]

    @cached_property
    def moment(self) -> datetime:
        """When the change is felt: now, or when the exception begins."""
        begins = None if self.removing else self.exception.valid_from
        return max(self.snapshot.at, begins) if begins else self.snapshot.at

    @cached_property
    def _then(self) -> GroupSnapshot:
        named = [self.exception.tariff_id] if self.exception.tariff_id else []
        return GroupSnapshot.of(self.snapshot.group, self.moment, also=named)

    @cached_property
    def after(self) -> Decision:
        ended = self.exception.valid_until is not None and self.exception.valid_until <= self.moment
        proposed: Any = None if self.removing or ended else (self.exception.access, self.exception.tariff_id)
        return self._then.judge(self.before.facts.with_exception(self.snapshot.group.pk, proposed))

    @property
    def effect(self) -> list[tuple[str, Decision, str, Any]]:
        """Two lines: what holds now, and what would hold: (when, decision, reason, price)."""
        now = self.before.decision
        later = "From then on" if self.moment > self.snapshot.at else "After saving"
        return [
            ("Now", now, REASONS.get(now.access.reason, ""), self.snapshot.price_of(now)),
            (later, self.after, REASONS.get(self.after.access.reason, ""), self._then.price_of(self.after)),
        ]

    @property
    def fingerprint(self) -> str:
        """What was shown, so that saving never does anything else."""
        fingerprint: str = self.preview.impact.fingerprint
        return fingerprint

    @property
    def may_tell(self) -> bool:
        """Does the customer notice anything? Then they can be told."""
        return bool(self.preview.impact.affected)

    @property
    def tells(self) -> bool:
        """Is the customer to be told? As ticked; at first only a regular is, of what does not only give."""
        if "shown" in self.request.POST:
            return "tell" in self.request.POST
        impact = self.preview.impact
        return bool(impact.regulars) and default_notify([impact]) == Change.Notify.REGULARS

    # The deed

    def apply(self) -> Change | None:
        """Make the change that was shown; nothing where it was not shown yet, or where it is refused."""
        if not self.valid:
            return None
        if self.request.POST.get("shown") != self.fingerprint:
            self.stale = bool(self.request.POST.get("shown"))
            return None
        ask_password_again(self.request)
        notify = Change.Notify.ALL if "tell" in self.request.POST else Change.Notify.NONE
        try:
            applied = apply_change(self.proposal, fingerprint=self.fingerprint,
                           by=self.request.user, notify=notify)  # fmt: skip
        except StalePreview as stale:
            self.preview, self.stale = stale.preview, True
            return None
        except REFUSALS as error:
            self._refuse(error)
            self.__dict__["valid"] = False
            return None
        return applied.change

    @property
    def message(self) -> str:
        if self.removing:
            return f"The exception of {self.customer} was removed: the policy counts again."
        return f"The exception of {self.customer} was {'changed' if self.exception.pk else 'added'}."
