"""The letter of a notice: text and HTML in the customer's language, from the provider, with its words, phone and logo."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.mime.image import MIMEImage
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from customers.models import Announcement, LetterSettings, Notice
from customers.notice_text import date_in_words, moment_in_words, words

LOGO = "logo"
"""The Content-ID by which the HTML names the picture that goes along."""
_SUBJECTS: Mapping[str, str] = {
    Announcement.Template.CHANGED: "subject",
    Announcement.Template.CANCELLED: "subject_cancelled",
    Announcement.Template.REMINDER: "subject_reminder",
}
_LEADS: Mapping[str, str] = {
    Announcement.Template.CHANGED: "announced",
    Announcement.Template.CANCELLED: "cancelled",
    Announcement.Template.REMINDER: "reminder",
}


def build_mail(notice: Notice) -> EmailMultiAlternatives:
    """The mail as it is sent. Its Message-ID is the notice's own; a notice that is not saved is for looking at only."""
    sent_by = LetterSettings.of(notice.provider)
    context = _context(notice, sent_by)
    mail = EmailMultiAlternatives(
        subject=_one_line(context["subject"]),
        body=render_to_string("customers/notice.txt", context),
        from_email=formataddr((_one_line(sent_by.sender), parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
        to=[notice.customer.email],
        reply_to=[sent_by.reply_to] if sent_by.reply_to else None,
        headers={"Message-ID": f"<notice-{notice.pk}-{notice.announcement.key}@evcnet>"},
    )
    mail.attach_alternative(render_to_string("customers/notice.html", context), "text/html")
    if sent_by.logo:
        mail.mixed_subtype = "related"  # type: ignore[attr-defined]
        mail.attach(_picture(sent_by))
    return mail


def _picture(sent_by: LetterSettings) -> MIMEImage:
    """Goes along with the mail: one that is fetched from an address would tell when and where it is read."""
    picture = MIMEImage(bytes(sent_by.logo), sent_by.logo_type.removeprefix("image/"))
    picture.add_header("Content-ID", f"<{LOGO}>")
    picture.add_header("Content-Disposition", "inline", filename=f"logo.{sent_by.logo_type.removeprefix('image/')}")
    return picture


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _context(notice: Notice, sent_by: LetterSettings) -> dict[str, Any]:
    announcement, customer = notice.announcement, notice.customer
    at = datetime.fromisoformat(announcement.context["takes_effect_at"]).astimezone(notice.provider.zone)
    texts, language = words(customer.language), customer.language
    groups, more = announcement.places(customer.user_group_id)
    moment = moment_in_words(at, language)
    return {
        "words": texts,
        "language": language,
        "subject": texts[_SUBJECTS[announcement.template]].format(
            provider=sent_by.sender, moment=date_in_words(at, language)
        ),
        "lead": texts[_LEADS[announcement.template]].format(moment=moment),
        "cancelled": announcement.template == Announcement.Template.CANCELLED,
        "effect": texts.get(notice.effect, ""),
        "customer": customer,
        "sender": sent_by.sender,
        "phone": sent_by.phone,
        "reply_to": sent_by.reply_to,
        "logo": f"cid:{LOGO}" if sent_by.logo else "",
        "opening": sent_by.opening(language),
        "ending": sent_by.ending(language),
        "groups": groups,
        "more_groups": more,
        "before": notice.before,
        "after": notice.after,
    }
