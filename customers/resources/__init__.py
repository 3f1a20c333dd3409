"""CSV resources of providers, user groups, customers and charge cards."""

from customers.resources.charge_cards import ChargeCardResource
from customers.resources.customers import CustomerResource
from customers.resources.customers_with_cards import CustomersWithCardsResource
from customers.resources.providers import ProviderResource, UserGroupResource

RESOURCES = (ProviderResource, UserGroupResource, CustomerResource, ChargeCardResource, CustomersWithCardsResource)
__all__ = [
    "RESOURCES",
    "ChargeCardResource",
    "CustomerResource",
    "CustomersWithCardsResource",
    "ProviderResource",
    "UserGroupResource",
]
