"""Partners, their agreements with a provider, and the tokens of their customers."""

from roaming.models.partners import Agreement, Partner
from roaming.models.tokens import PartnerToken

__all__ = ["Agreement", "Partner", "PartnerToken"]
