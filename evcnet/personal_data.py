"""Personal data: which columns of a model describe a customer, what they are overwritten with, how rows hang on one.

Every model with a column of text or JSON declares ``personal_data``. The export of what is held about a customer and the
erasure of a person (``customers/privacy``) walk these declarations; a test finds the column that nobody classified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from evcnet.history import event_model

Columns = Mapping[str, Any]


@dataclass(frozen=True)
class CardUid:
    """A column with the uid of a charge card as it was read, and the foreign key to that card, if there is one.

    An erasure replaces the uids of the person's cards in it, whoever's the row is and whichever provider's.
    """

    column: str
    card: str | None = None


@dataclass(frozen=True)
class PersonalData:
    """What a model says about the customers whom its rows describe; all names are names of fields.

    ``customer`` is the lookup from a row to the id of its customer; None: the rows are about nobody. ``part`` names
    the rows in the export and in the audit log, ``export`` says which lookup stands under which key there.
    ``overwrite`` holds what personal columns contain after an erasure (a value, an expression, or a function that makes
    one once models are loaded), ``also`` what else is set in the row, but not in its history. ``narrow`` picks the rows that are overwritten; None: all of the
    customer's. ``names`` are the overwritten columns whose words name the person wherever they stand, and ``texts``
    those in which staff may have named anybody: there these words alone are replaced, in all rows of the provider.
    ``impersonal`` are the columns of text that describe no customer. ``erasure`` completes the sentence "3 sessions: ..."
    on the page that asks for confirmation; ``stays`` says that the rows outlive the person.
    """

    customer: str | None = None
    part: str = ""
    export: Mapping[str, str] = field(default_factory=dict)
    overwrite: Columns = field(default_factory=dict)
    also: Columns = field(default_factory=dict)
    narrow: Callable[[models.QuerySet[Any], Any], models.QuerySet[Any]] | None = None
    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    card_uid: CardUid | None = None
    impersonal: tuple[str, ...] = ()
    erasure: str = ""
    stays: bool = False

    @property
    def erasable(self) -> set[str]:
        """The columns that an erasure may overwrite, in the history too."""
        read = {self.card_uid.column} if self.card_uid else set()
        return {*self.overwrite, *self.texts, *read}

    def rows(self, model: type[models.Model], customer: int) -> models.QuerySet[Any]:
        """The rows that describe the customer with this id, each once."""
        if self.customer is None:
            return model._base_manager.none()
        of_customer = model._base_manager.filter(**{self.customer: customer}).order_by()
        return model._default_manager.filter(pk__in=of_customer.values("pk"))

    def events(self, model: type[models.Model], customer: int) -> models.QuerySet[Any] | None:
        """The history of rows that was the customer's own; None where none is kept, or it names no customer."""
        history = event_model(model)
        if history is None or self.customer is None or not _has_field(history, self.customer.partition("__")[0]):
            return None
        events: models.QuerySet[Any] = history._base_manager.filter(**{self.customer: customer})
        return events


def values(columns: Columns) -> dict[str, Any]:
    """The same for an UPDATE."""
    return {name: value() if callable(value) else value for name, value in columns.items()}


def column(*names: str, **lookups: str) -> dict[str, str]:
    """Keys of an export with their lookups: columns under their own names, and others by keyword."""
    return {name: name for name in names} | lookups


def declarations() -> Iterator[tuple[type[models.Model], PersonalData]]:
    """Models with what they declare, in the order of the apps: what lower apps hold comes first."""
    for model in apps.get_models():
        declared = getattr(model, "personal_data", None)
        if isinstance(declared, PersonalData):
            yield model, declared


def text_columns(model: type[models.Model]) -> set[str]:
    """Columns that may hold words of people: text and JSON, but for those that choose from a list."""
    return {each.name for each in model._meta.concrete_fields if _is_text(each)}


def _is_text(candidate: Any) -> bool:
    if isinstance(candidate, ArrayField):
        return _is_text(candidate.base_field)
    return isinstance(candidate, models.CharField | models.TextField | models.JSONField) and not candidate.choices


def _has_field(model: type[models.Model], name: str) -> bool:
    return name in {each.name for each in model._meta.get_fields()}
