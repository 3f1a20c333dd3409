"""What a login is told of an authorization: no more than it sees of the card and its customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chargepoints.authorization import Authorization
from customers.models import Customer
from evcnet.tenancy import Login


@dataclass(frozen=True)
class LoginAnswer:
    """``output`` is the object of ``explain --json``, of which the last step decided. ``customer`` None: not in sight.

    ``price`` is empty where the card may not charge; it includes VAT, and companies hear both readings.
    """

    output: dict[str, Any]
    allowed: bool
    customer: Customer | None
    company: bool
    price: str

    @property
    def decided(self) -> dict[str, str]:
        step: dict[str, str] = self.output["steps"][-1]
        return step


def answer_for(login: Login, answer: Authorization, *, own_card: bool) -> LoginAnswer:
    """``own_card``: the login sees the card today. Who held it at a past moment may be out of its sight all the same."""
    row = answer.facts.row
    customer = Customer.objects.visible_to(login).filter(pk=row["customer"]).first()
    card_visible = (own_card or row["card"] is None) and (customer is not None or row["customer"] is None)
    company = card_visible and customer is not None and customer.kind == Customer.Kind.COMPANY
    return LoginAnswer(
        output=answer.as_provider_json(steps=True, card_visible=card_visible),
        allowed=answer.decision.allowed,
        customer=customer if card_visible else None,
        company=company,
        price=answer.price_texts.for_customer(company=company) if answer.price_texts else "",
    )
