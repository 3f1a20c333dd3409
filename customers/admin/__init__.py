"""The pages of customers, cards, user groups, providers, logins and API keys."""

from customers.admin.api_keys import ApiKeyAdmin
from customers.admin.audit_log import RecordAdmin
from customers.admin.cards import ChargeCardAdmin
from customers.admin.customers import CustomerAdmin
from customers.admin.logins import LoginAdmin
from customers.admin.notices import NoticeAdmin
from customers.admin.providers import ProviderAdmin
from customers.admin.user_groups import UserGroupAdmin

__all__ = [
    "ApiKeyAdmin",
    "ChargeCardAdmin",
    "CustomerAdmin",
    "LoginAdmin",
    "NoticeAdmin",
    "ProviderAdmin",
    "RecordAdmin",
    "UserGroupAdmin",
]
