"""Letters of a change before it is made: what each group of its readers would get. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.mail import EmailMultiAlternatives
from django.db.models import Count, Min, Q
from django.http import HttpResponse
from django.template.response import TemplateResponse

from changes.admin.preview_page import notify_of
from changes.audience import default_notify, readers
from changes.impact import AFFECTED, Effect
from changes.models import Change
from changes.notify import announcement_context, notice_of
from changes.preview import Preview
from customers.effect_words import EFFECT_WORDS
from customers.letters import build_mail
from customers.models import Announcement, Customer, LetterSettings, StaffMember

if TYPE_CHECKING:
    from changes.admin.wizard import ChangeWizard

STEP = "letter"


@dataclass(frozen=True)
class ReaderGroup:
    """Customers whose letters read alike, but for their name and their own prices; ``example`` is the id of one of them."""

    effect: Effect
    language: str
    company: bool
    count: int
    example: int

    @property
    def key(self) -> str:
        return f"{self.effect}-{self.language}-{'company' if self.company else 'private'}"

    @property
    def words(self) -> str:
        kind = "companies" if self.company else "private customers"
        language = dict(Customer.Language.choices).get(self.language, self.language)
        return f"{self.count:,} who {EFFECT_WORDS[self.effect][1]}: {kind}, in {language}"


def reader_groups(preview: Preview, notify: str, login: StaffMember) -> list[ReaderGroup]:
    """Of the readers within the login's reach, the heaviest effect first."""
    chosen = readers(preview, notify, login)
    groups: list[ReaderGroup] = []
    for effect in AFFECTED:
        if not preview.impact.customers_by_effect[effect]:
            continue
        rows = chosen.filter(pk__in=preview.customers([effect]).values("pk")).order_by()
        company = Q(kind=Customer.Kind.COMPANY)
        grouped = rows.values_list("language", company).annotate(count=Count("pk"), example=Min("pk"))
        groups += [ReaderGroup(effect, *row) for row in sorted(grouped)]
    return groups


def letter(preview: Preview, example: int) -> tuple[EmailMultiAlternatives, Customer]:
    """The mail that this customer would get, and the customer."""
    customer = Customer.objects.select_related("provider__letter_settings").get(pk=example)
    announcement = Announcement(
        provider=preview.provider,
        key="shown",
        template=Announcement.Template.CHANGED,
        context=announcement_context(preview.at, preview.scheduled is not None, preview.basis.groups),
    )
    notice = notice_of(announcement, customer, preview.cases_of([example])[example])
    notice.provider = customer.provider
    return build_mail(notice), customer


def respond(wizard: ChangeWizard[Any], preview: Preview) -> HttpResponse:
    """The letter of the group that was chosen, or of the first. If nobody is told: of whom regulars would be, or all."""
    login, notify = wizard.request.user, notify_of(wizard.data) or default_notify([preview.impact])
    choices = [notify, Change.Notify.REGULARS.value, Change.Notify.ALL.value]
    groups = next((rows for each in choices if (rows := reader_groups(preview, each, login))), [])
    asked = str(wizard.data.get("letter", ""))
    chosen = next((each for each in groups if each.key == asked), groups[0] if groups else None)
    context: dict[str, Any] = {"reader_groups": groups, "readers": chosen, "nobody": notify == Change.Notify.NONE}
    if chosen is not None:
        mail, customer = letter(preview, chosen.example)
        context |= {"mail": mail, "customer": customer, "logo": LetterSettings.of(customer.provider).logo_as_url}
    return TemplateResponse(wizard.request, "changes/letter.html", wizard.context("The letter") | context)
