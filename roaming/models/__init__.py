"""Partners, their agreements with a provider, the tokens of their customers, and how they are reached."""

from roaming.models.connection import PartnerConnection, PartnerConnectionUse
from roaming.models.message import PartnerMessage
from roaming.models.partners import Agreement, Partner
from roaming.models.push import PushedObject, PushState
from roaming.models.tokens import PartnerToken

__all__ = [
    "Agreement",
    "Partner",
    "PartnerConnection",
    "PartnerConnectionUse",
    "PartnerMessage",
    "PartnerToken",
    "PushState",
    "PushedObject",
]
