"""Overwriting of what names a person: personal columns, uids of cards, words in texts; in the history too."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db import models
from django.db.models import Case, F, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast

from customers.models import ChargeCard
from customers.privacy.lookup import REPLACEMENT, Person
from customers.privacy.personal_data import HeldRows, held_rows
from evcnet.history import event_model
from evcnet.personal_data import CardUid, PersonalData, declarations, values
from evcnet.tenancy import Tenancy


def overwrite(person: Person) -> Counter[str]:
    """Within the erasure's transaction; how many rows each part lost, a row of the history counting as one more."""
    rows: Counter[str] = Counter()
    for held in held_rows(person.customer):
        rows[held.declared.part] += _personal_columns(held)
    for model, declared in declarations():
        if declared.card_uid:
            rows[declared.part] += sum(_card_uids(table, declared.card_uid, person) for table in _with_events(model))
    rows["texts"] = sum(_texts(model, declared, person) for model, declared in declarations())
    for held in held_rows(person.customer):
        # Last, since the links to the customer by which the rows are found are among it.
        if held.declared.also:
            held.rows.update(**values(held.declared.also))
    return +rows


def _personal_columns(held: HeldRows) -> int:
    """The rows first, then their history, which gets what the rows say now."""
    new = values(held.declared.overwrite)
    if not new:
        return 0
    rows: int = held.erasable.update(**new)
    if held.events is not None:
        row = held.model._base_manager.filter(pk=OuterRef("pgh_obj"))
        rows += held.events.update(**{column: Subquery(row.values(column)[:1]) for column in new})
    if held.events_of_removed is not None:
        rows += held.events_of_removed.update(**new)
    return rows


def _card_uids(model: type[models.Model], read: CardUid, person: Person) -> int:
    """The uids of the person's cards, as they were read, become what their cards have now."""
    cards = dict(ChargeCard.objects.filter(customer=person.customer).order_by().values_list("pk", "uid"))
    rows = 0
    if person.uids:
        by_text = model._base_manager.filter(**{f"{read.column}__uid_key__in": person.uids})
        unlinked = by_text.filter(**{read.card: None}) if read.card else by_text
        new = (When(**{f"{read.column}__uid_key": uid}, then=Value(cards[card])) for uid, card in person.uids.items())
        rows += unlinked.update(**{read.column: Case(*new)})
    if read.card:
        for card, uid in cards.items():
            linked = model._base_manager.filter(**{read.card: card}).exclude(**{read.column: uid})
            rows += linked.update(**{read.column: uid})
    return rows


def _texts(model: type[models.Model], declared: PersonalData, person: Person) -> int:
    """In what staff of the provider wrote, the words that name the person are replaced."""
    rows = 0
    for table in _with_events(model) if declared.texts else ():
        columns = [table._meta.get_field(name) for name in declared.texts]
        of_provider = table._base_manager.filter(**{_tenancy(model).provider: person.customer.provider_id})
        json_columns = [each.name for each in columns if isinstance(each, models.JSONField)]
        for column in declared.texts:
            if column not in json_columns:
                rows += _text_column(of_provider, column, person)
        if json_columns:
            rows += _json_columns(of_provider, json_columns, person)
    return rows


def _text_column(rows: Any, column: str, person: Person) -> int:
    words = (Value(person.pattern), Value(REPLACEMENT), Value("gi"))
    replaced = Func(F(column), *words, function="regexp_replace", output_field=models.TextField())
    number: int = rows.filter(**{f"{column}__iregex": person.pattern}).update(**{column: replaced})
    return number


def _json_columns(rows: Any, columns: list[str], person: Person) -> int:
    as_text = {f"{column}_text": Cast(column, models.TextField()) for column in columns}
    condition = Q.create([Q(**{f"{text}__iregex": person.pattern_in_json}) for text in as_text], connector=Q.OR)
    number = 0
    for pk, *stored in rows.alias(**as_text).filter(condition).values_list("pk", *columns):
        replaced = [person.without_words(value) for value in stored]
        if replaced != stored:
            number += rows.filter(pk=pk).update(**dict(zip(columns, replaced, strict=True)))
    return number


def _with_events(model: type[models.Model]) -> list[type[models.Model]]:
    return list(filter(None, (model, event_model(model))))


def _tenancy(model: type[models.Model]) -> Tenancy:
    tenancy: Tenancy = model.tenancy  # type: ignore[attr-defined]
    return tenancy
