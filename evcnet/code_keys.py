"""Keys of codes (``evcnet/codes.py``) in the database: lookups of text columns, and expressions of their indexes."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import CharField, Q, TextField, Transform

from evcnet.codes import (
    IDENTITY_SEPARATORS,
    UID_SEPARATORS,
    identity_key,
    key_sql,
    uid_key,
    unpadded_uid_key,
)


class CodeKey(Transform):
    """The key of a code. ``of`` gives the same of a text in Python: ``filter(uid__uid_key=UidKey.of(typed))``."""

    output_field: ClassVar = TextField()

    @staticmethod
    def of(code: str, /) -> str:
        raise NotImplementedError


@CharField.register_lookup
class UidKey(CodeKey):
    lookup_name = "uid_key"
    template = key_sql("%(expressions)s", UID_SEPARATORS)
    of = staticmethod(uid_key)


@CharField.register_lookup
class IdentityKey(CodeKey):
    lookup_name = "identity_key"
    template = key_sql("%(expressions)s", IDENTITY_SEPARATORS)
    of = staticmethod(identity_key)


@CharField.register_lookup
class UnpaddedUidKey(CodeKey):
    lookup_name = "unpadded_uid_key"
    template = f"ltrim({key_sql('%(expressions)s', UID_SEPARATORS)}, '0')"
    of = staticmethod(unpadded_uid_key)


def holds(column: str, key: type[CodeKey], typed: str) -> Q:
    """Rows whose code holds what was typed, however either is spelled; none where only separators were typed."""
    code = key.of(typed.replace("\0", " "))
    return Q(**{f"{column}__{key.lookup_name}__contains": code}) if code else Q(pk__in=[])
