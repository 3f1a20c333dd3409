"""Providers, user groups, logins, customers, cards, notices and their settings, alerts, jobs, API keys, counts and the audit log."""

from customers.models.alerts import Alert, AlertPart, StaffAlert
from customers.models.api_keys import ApiKey, ApiKeyUse
from customers.models.audit import AuditEntry
from customers.models.counts import CustomerCount, RoamingCustomer
from customers.models.customers import ChargeCard, Customer
from customers.models.imports import ImportMapping
from customers.models.jobs import Job
from customers.models.letters import LetterSettings
from customers.models.logins import Membership, StaffMember
from customers.models.notices import Announcement, Notice
from customers.models.providers import Provider, UserGroup
from customers.models.search_texts import SearchText
from customers.models.status_changes import StatusChange

__all__ = [
    "Alert",
    "AlertPart",
    "Announcement",
    "ApiKey",
    "ApiKeyUse",
    "AuditEntry",
    "ChargeCard",
    "Customer",
    "CustomerCount",
    "ImportMapping",
    "Job",
    "LetterSettings",
    "Membership",
    "Notice",
    "Provider",
    "RoamingCustomer",
    "SearchText",
    "StaffAlert",
    "StaffMember",
    "StatusChange",
    "UserGroup",
]
