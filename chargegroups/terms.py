"""Terms of a charge group, and the decision by them: access, then the tariff. For cards, previews and lists alike. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from chargegroups.access import Access, Facts, Policy, Step, judge

Source = Literal["exception", "agreement", "roaming", "prepaid", "group"]
SLOTS: Final = ("tariff", "prepaid_tariff", "roaming_tariff")
"""The tariffs that terms name: the group's own, and those for prepaid customers and for roaming, which may be empty."""
SWITCHES: Final = ("own_user_group", "other_user_groups", "roaming", "social_charging")
OPENINGS: Final = SWITCHES[:3]
"""The switches that open a group to somebody without an exception."""


@dataclass(frozen=True, slots=True)
class TariffInForce:
    """A tariff that a slot names, by its code, and the id of its version in force; None where it has none."""

    code: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class GroupTerms:
    """The terms of a charge group in force at a moment."""

    tariff: TariffInForce
    prepaid_tariff: TariffInForce | None = None
    roaming_tariff: TariffInForce | None = None
    own_user_group: bool = False
    other_user_groups: bool = False
    roaming: bool = False
    social_charging: bool = False

    @classmethod
    def of(cls, tariff_of: Callable[[str], TariffInForce | None], switch_of: Callable[[str], bool]) -> GroupTerms:
        """From whatever holds a row of terms: what each of ``SLOTS`` names, and how each of ``SWITCHES`` stands."""
        tariffs = {slot: tariff_of(slot) for slot in SLOTS}
        return cls(**tariffs, **{switch: switch_of(switch) for switch in SWITCHES})  # type: ignore[arg-type]

    @property
    def policy(self) -> Policy:
        return Policy(
            own_user_group=self.own_user_group,
            other_user_groups=self.other_user_groups,
            roaming=self.roaming,
            social_charging=self.social_charging,
            tariff_in_force=self.tariff.version is not None,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """``tariff`` and ``source`` are None unless the verdict is ALLOWED."""

    access: Access
    tariff: TariffInForce | None = None
    source: Source | None = None

    @property
    def allowed(self) -> bool:
        return self.access.allowed


def decide(
    facts: Facts,
    terms: GroupTerms | None,
    *,
    exception_tariff: TariffInForce | None = None,
    agreement_tariff: TariffInForce | None = None,
    prepaid: bool = False,
    without: frozenset[str] = frozenset(),
) -> Decision:
    """The access rules, then the price choice (rules, sections 2 and 3).

    ``facts.policy`` is taken from ``terms``. ``exception_tariff`` is that of the exception in force, if it names one; ``agreement_tariff``
    that of the partner's agreement.
    A chosen tariff without a version in force gives ``no_terms_in_force``: never another price in silence.
    """
    access = judge(replace(facts, policy=terms.policy if terms else None), without=without)
    if not access.allowed or terms is None:
        return Decision(access)
    of_exception = exception_tariff if facts.same_provider else None
    tariff, source = choose_tariff(terms, access.reason, of_exception, agreement_tariff, prepaid)
    if tariff.version is None:
        return Decision(_no_version(access, tariff, source))
    return Decision(access, tariff, source)


def choose_tariff(
    terms: GroupTerms,
    reason: str,
    exception_tariff: TariffInForce | None,
    agreement_tariff: TariffInForce | None,
    prepaid: bool,
) -> tuple[TariffInForce, Source]:
    """The first that is set: the exception's, for partners the agreement's, for roaming the roaming one, for prepaid
    customers theirs, the group's."""
    if exception_tariff is not None:
        return exception_tariff, "exception"
    if agreement_tariff is not None and reason == "roaming_partner":
        return agreement_tariff, "agreement"
    if terms.roaming_tariff is not None and reason in ("roaming_card", "roaming_partner"):
        return terms.roaming_tariff, "roaming"
    if terms.prepaid_tariff is not None and prepaid:
        return terms.prepaid_tariff, "prepaid"
    return terms.tariff, "group"


def _no_version(access: Access, tariff: TariffInForce, source: Source) -> Access:
    text = f"The {source} tariff {tariff.code} has no version in force, and no other price is taken in its place."
    steps = (*access.steps[:-1], replace(access.steps[-1], outcome="passed"))
    return Access("NOT_ALLOWED", "no_terms_in_force", (*steps, Step("no_terms_in_force", "decided", text)))


def as_customer(facts: Facts, *, has_card: bool) -> Facts:
    """A customer as lists and previews count them: at a working point, with their best valid card or with none yet.

    One who has no active, valid card counts by the policy as well, but not by roaming (docs/terms.md, What a change does).
    """
    return replace(
        facts,
        point_known=True,
        point_status="active",
        point_in_group=True,
        point_located=True,
        card_known=True,
        card_status="active",
        card_valid_from=None,
        card_valid_until=None,
        card_roams=facts.card_roams and has_card,
    )
