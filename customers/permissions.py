"""Permissions of each role: the one table that access, menus and the documentation read."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import TextChoices

VIEW = frozenset({"view"})
EDIT = frozenset({"view", "add", "change"})
ALL = frozenset({"view", "add", "change", "delete"})


class Role(TextChoices):
    PROVIDER_ADMIN = "provider_admin", "provider admin"
    PROVIDER_STAFF = "provider_staff", "provider staff"
    SUB_PROVIDER = "sub_provider", "sub provider"
    HELPDESK = "helpdesk", "helpdesk"
    READ_ONLY = "read_only", "read only"


IN_WORDS: dict[str, str] = {
    Role.PROVIDER_ADMIN: "everything of the provider, its logins and API keys too",
    Role.PROVIDER_STAFF: "everything of the provider except logins and API keys",
    Role.SUB_PROVIDER: "runs one user group and those below it: its customers, cards, charge points, charge groups and logins",
    Role.HELPDESK: "reads, says whether a card may charge, approves customers, blocks and unblocks cards, gives drivers their links",
    Role.READ_ONLY: "reads, and changes nothing",
}

WHOLE_PROVIDER = frozenset({Role.PROVIDER_ADMIN, Role.PROVIDER_STAFF})
"""Roles that always reach the whole provider; the others are held for a user group, or for all of them."""

_STAFF = {
    "customers.provider": VIEW,
    "customers.usergroup": ALL,
    "customers.customer": ALL | {"disclose", "erase"},
    "customers.chargecard": ALL,
    "chargegroups.chargegroup": ALL,
    "tariffs.tariff": ALL | {"use"},
    "tariffs.tariffoffer": ALL,
    "tariffs.tariffversion": ALL,
    "tariffs.tariffelement": ALL,
    "chargegroups.terms": VIEW | {"add"},
    "chargegroups.customerexception": ALL,
    "changes.change": VIEW,
    "changes.draft": VIEW | {"approve"},
    "customers.notice": VIEW | {"change"},
    "customers.lettersettings": VIEW,
    "customers.staffalert": VIEW,
    "customers.job": VIEW,
    "chargepoints.location": ALL | {"publish"},
    "chargepoints.chargepoint": ALL,
    "chargepoints.connector": ALL,
    "chargepoints.hold": VIEW,
    "chargepoints.dismissal": VIEW | {"add", "delete"},
    "chargepoints.session": EDIT,
    "chargepoints.rating": VIEW | {"add"},
    "chargepoints.pricepage": VIEW | {"add", "change"},
    "chargepoints.decisionentry": VIEW,
    "roaming.partner": EDIT,
    "roaming.agreement": EDIT,
    "roaming.partnertoken": VIEW,
    "roaming.partnerconnection": EDIT,
    "roaming.partnermessage": VIEW,
    "roaming.pushstate": VIEW,
    "roaming.pushedobject": VIEW,
    "gateway.device": VIEW | {"change"},
    "gateway.connectorstate": VIEW,
    "gateway.transaction": VIEW,
    "gateway.meterreading": VIEW,
    "gateway.message": VIEW,
    "gateway.devicecommand": VIEW | {"add"},
    "gateway.unknowndevice": VIEW,
    "socialcharging.queue": VIEW,
    "socialcharging.queueentry": VIEW | {"change"},
    "socialcharging.queuemail": VIEW,
    "socialcharging.driverlink": VIEW | {"add", "change"},
    "socialcharging.socialsettings": VIEW | {"change"},
}

PERMISSIONS: dict[str, dict[str, frozenset[str]]] = {
    Role.PROVIDER_ADMIN: _STAFF
    | {
        "customers.provider": VIEW | {"change"},
        "customers.lettersettings": EDIT,
        "customers.staffmember": EDIT,
        "customers.membership": ALL,
        "customers.apikey": EDIT,
        "customers.job": VIEW | {"change"},
        "customers.auditentry": VIEW,
    },
    Role.PROVIDER_STAFF: _STAFF,
    Role.SUB_PROVIDER: {
        "customers.provider": VIEW,
        "customers.usergroup": VIEW,
        "customers.customer": ALL,
        "customers.chargecard": ALL,
        "chargegroups.chargegroup": EDIT,
        "customers.staffmember": EDIT,
        "customers.membership": ALL,
        "tariffs.tariff": VIEW | {"use"},
        "tariffs.tariffoffer": VIEW,
        "tariffs.tariffversion": VIEW,
        "tariffs.tariffelement": VIEW,
        "chargegroups.terms": VIEW | {"add"},
        "chargegroups.customerexception": ALL,
        "changes.change": VIEW,
        "changes.draft": VIEW,
        "customers.notice": VIEW | {"change"},
        "customers.staffalert": VIEW,
        "customers.job": VIEW,
        "chargepoints.location": VIEW,
        "chargepoints.chargepoint": VIEW | {"change"},
        "chargepoints.connector": VIEW,
        "chargepoints.hold": VIEW,
        "chargepoints.session": VIEW,
        "chargepoints.rating": VIEW,
        "chargepoints.pricepage": VIEW | {"add", "change"},
        "chargepoints.decisionentry": VIEW,
        "gateway.device": VIEW | {"change"},
        "gateway.connectorstate": VIEW,
        "gateway.transaction": VIEW,
        "gateway.meterreading": VIEW,
        "gateway.message": VIEW,
        "gateway.devicecommand": VIEW | {"add"},
        "socialcharging.queue": VIEW,
        "socialcharging.queueentry": VIEW | {"change"},
        "socialcharging.queuemail": VIEW,
        "socialcharging.driverlink": VIEW | {"add", "change"},
        "socialcharging.socialsettings": VIEW | {"change"},
    },
    Role.HELPDESK: {
        "customers.provider": VIEW,
        "customers.usergroup": VIEW,
        "customers.customer": VIEW | {"approve"},
        "customers.chargecard": VIEW | {"block"},
        "chargegroups.chargegroup": VIEW,
        "chargegroups.terms": VIEW,
        "chargegroups.customerexception": VIEW,
        "changes.change": VIEW,
        "customers.notice": VIEW,
        "customers.staffalert": VIEW,
        "customers.job": VIEW,
        "chargepoints.location": VIEW,
        "chargepoints.chargepoint": VIEW,
        "chargepoints.connector": VIEW,
        "chargepoints.hold": VIEW,
        "chargepoints.session": VIEW,
        "chargepoints.rating": VIEW,
        "chargepoints.pricepage": VIEW,
        "chargepoints.decisionentry": VIEW,
        "gateway.device": VIEW,
        "gateway.connectorstate": VIEW,
        "gateway.transaction": VIEW,
        "gateway.meterreading": VIEW,
        "gateway.message": VIEW,
        "gateway.devicecommand": VIEW,
        "socialcharging.queue": VIEW,
        "socialcharging.queueentry": VIEW,
        "socialcharging.queuemail": VIEW,
        "socialcharging.driverlink": VIEW | {"add"},
        "socialcharging.socialsettings": VIEW,
    },
    Role.READ_ONLY: {model: VIEW for model in _STAFF},
}

APPROVE_DRAFT = "changes.approve_draft"
"""Permission to approve what somebody else proposes, where a provider wants a second person for large changes."""

SETTINGS: dict[str, dict[str, frozenset[str]]] = {
    "may_make_tariffs": {
        "tariffs.tariff": ALL,
        "tariffs.tariffversion": ALL,
        "tariffs.tariffelement": ALL,
    },
    "may_add_locations": {"chargepoints.location": EDIT},
}
"""What a provider admin may allow a sub provider beside its role: each is a column of the role, and what that adds."""

ADDED_BY = {"may_make_tariffs": "tariffs.add_tariff", "may_add_locations": "chargepoints.add_location"}
"""By which permission it is seen whether a login has what a setting adds."""

GIVES: dict[str, frozenset[str]] = {
    Role.PROVIDER_ADMIN: frozenset(Role),
    Role.SUB_PROVIDER: frozenset({Role.SUB_PROVIDER, Role.HELPDESK, Role.READ_ONLY}),
}
"""The roles that a role gives to logins, at its own reach; a setting only where it has it itself."""

OPERATOR: dict[str, frozenset[str]] = {
    "customers.provider": ALL | {"invite"},
    "customers.job": VIEW | {"recount"},
}
"""The platform operator manages providers, invites the first admin of each, has the counts held against the rows, and sees no
customer data unless given a role. Of jobs it sees recounts and its own."""

SPECIAL_ACTIONS = {"approve": "change", "block": "change"}
"""Narrow actions that whoever may change the whole row may do too."""


ROUTINES = ("disclose", "erase", "invite", "publish", "recount", "use")
"""What nobody may do who may merely change the row: hand out all that is held about a customer, erase the person,
invite the first admin of a provider, publish a location, hold the counts of all against their rows, name a tariff in terms and
exceptions."""


def granted(role: str, permission: str, settings: Collection[str] = ()) -> bool:
    """Does this role carry the permission, written ``app.action_model`` as Django does, with these settings?"""
    tables = [PERMISSIONS.get(role, {}), *(SETTINGS[each] for each in settings if role == Role.SUB_PROVIDER)]
    return any(_allows(table, permission) for table in tables)


def granted_to_operator(permission: str) -> bool:
    return _allows(OPERATOR, permission)


def _allows(table: dict[str, frozenset[str]], permission: str) -> bool:
    app, _, codename = permission.partition(".")
    action, _, model = codename.partition("_")
    actions = table.get(f"{app}.{model}", frozenset())
    return action in actions or SPECIAL_ACTIONS.get(action) in actions
