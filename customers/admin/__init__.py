"""Admin pages of providers, user groups, logins, customers, charge cards, notices and their settings, alerts, jobs, API keys and the audit log."""

from customers.admin.alerts import StaffAlertAdmin
from customers.admin.api_keys import ApiKeyAdmin
from customers.admin.audit_log import AuditLogAdmin
from customers.admin.cards import ChargeCardAdmin
from customers.admin.customers import CustomerAdmin
from customers.admin.jobs import JobAdmin
from customers.admin.letters import LetterSettingsAdmin
from customers.admin.logins import LoginAdmin
from customers.admin.notices import NoticeAdmin
from customers.admin.providers import ProviderAdmin
from customers.admin.user_groups import UserGroupAdmin

__all__ = [
    "ApiKeyAdmin",
    "AuditLogAdmin",
    "ChargeCardAdmin",
    "CustomerAdmin",
    "JobAdmin",
    "LetterSettingsAdmin",
    "LoginAdmin",
    "NoticeAdmin",
    "ProviderAdmin",
    "StaffAlertAdmin",
    "UserGroupAdmin",
]
