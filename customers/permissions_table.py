"""Table of roles and permissions for the documentation, written from what the code enforces."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps

from customers.permissions import (
    IN_WORDS,
    OPERATOR,
    PERMISSIONS,
    ROUTINES,
    SETTINGS,
    SPECIAL_ACTIONS,
    WHOLE_PROVIDER,
    Role,
)

HEAD = """\
# Roles and permissions

This page is generated: `manage.py roles_table > docs/permissions.md`. A test fails where it differs from what the
code enforces (`customers/permissions.py`).

A login holds any number of roles, each at a provider and, below it, at a user group: then it reaches that user group
and all below it. What one role does not give, another may. A row that a login does not reach is answered like one that
does not exist.
"""
BELOW = """\
## What each role may do

One letter an action: **v**iew, **a**dd, **c**hange, **d**elete. Whoever may change a row may do to it whatever a
narrower word says.
"""
AFTER = """\
## What the table does not say

- Terms are added in their own way: preview, confirmation, and only with tariffs that the login may *use*. A sub
  provider sees the tariffs that its charge groups name, and uses those that are its own or offered to it.
- To *publish* a location is to let third-party apps show it.
- A sub provider manages the logins of its user groups alone, and gives the roles sub provider, helpdesk and read only.
- A helpdesk reads the terms of its own charge groups, and no price list.
- A name that stands in a row within reach, but belongs to a row out of reach, is not shown.
- To disclose is to hand out all that is held about a customer, to erase is to erase the person
  ([terms](terms.md#customer-data)).
- The operator invites the first admin of a provider, until one has chosen a password; that admin invites all others.
- The operator sees recounts among the jobs, and its own alone beside them. Replays are started by whoever may add ratings.
- Exports hold what the lists show, and imports write what the forms write.
"""
LETTERS = {"view": "v", "add": "a", "change": "c", "delete": "d"}


def document() -> str:
    return "\n".join([HEAD, *_roles(), "", BELOW, *_table(), "", *_settings(), "", AFTER])


def _roles() -> Iterator[str]:
    yield "| Role | Held for | In words |"
    yield "|---|---|---|"
    for role in Role:
        where = "the whole provider" if role in WHOLE_PROVIDER else "a user group, or all of them"
        where = "a user group" if role == Role.SUB_PROVIDER else where
        yield f"| {role.label} | {where} | {IN_WORDS[role]} |"
    yield "| platform operator | the platform | manages providers, and sees no customer data unless given a role |"


def _settings() -> Iterator[str]:
    yield "| Setting of a sub provider's role | Beside the role, for rows of its own user groups |"
    yield "|---|---|"
    for setting, table in SETTINGS.items():
        rows = (f"{_plural(model)}: {_letters(actions)}" for model, actions in table.items())
        yield f"| {setting.replace('_', ' ')} | {'; '.join(rows)} |"


def _table() -> Iterator[str]:
    columns = [*((role.label, PERMISSIONS[role]) for role in Role), ("platform operator", OPERATOR)]
    yield f"| Rows | {' | '.join(name for name, _ in columns)} |"
    yield "|---" * (len(columns) + 1) + "|"
    for model in sorted({model for _, table in columns for model in table}, key=_plural):
        cells = [_letters(table.get(model, frozenset())) for _, table in columns]
        yield f"| {_plural(model)} | {' | '.join(cells)} |"


def _plural(model: str) -> str:
    return str(apps.get_model(model)._meta.verbose_name_plural)


def _letters(actions: frozenset[str]) -> str:
    usual = "".join(letter for action, letter in LETTERS.items() if action in actions)
    special = [action for action in (*sorted(SPECIAL_ACTIONS), *ROUTINES) if action in actions]
    return ", ".join(filter(None, [usual, *special])) or "–"
