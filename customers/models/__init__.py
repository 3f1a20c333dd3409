"""Who charges, who lets them, and who may look?"""

from customers.models.api_keys import ApiKey, ApiKeyUse
from customers.models.customers import ChargeCard, Customer
from customers.models.logins import Membership, StaffMember
from customers.models.providers import Provider, UserGroup

__all__ = ["ApiKey", "ApiKeyUse", "ChargeCard", "Customer", "Membership", "Provider", "StaffMember", "UserGroup"]
