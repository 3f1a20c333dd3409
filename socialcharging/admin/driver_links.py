"""The driver's page of a customer, for staff: a link is made to be copied or mailed, and withdrawn."""

from __future__ import annotations

from email.utils import formataddr, parseaddr
from smtplib import SMTPException

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from customers.audit import record
from customers.models import AuditEntry, Customer, LetterSettings
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.errors import DomainError
from evcnet.text import counted
from socialcharging.links import make_link, withdraw_links
from socialcharging.models import DriverLink
from socialcharging.texts import texts

MAY_MAKE = "socialcharging.add_driverlink"
LISTED = 20


def driver_links(admin: ModelAdmin[Customer], request: StaffRequest, customer: Customer) -> HttpResponse:
    """The page; POST makes, mails or withdraws."""
    scope = request.user.scope(MAY_MAKE)
    may_make = (
        bool(scope) and Customer.objects.filter(Customer.tenancy.clause(Customer, scope), pk=customer.pk).exists()
    )
    if not request.user.has_perm("socialcharging.view_driverlink") or (request.method == "POST" and not may_make):
        raise PermissionDenied
    address = _act(request, customer) if request.method == "POST" else ""
    if request.method == "POST" and not address:
        return HttpResponseRedirect(admin.page(customer.pk, "driver"))
    links = DriverLink.objects.visible_to(request.user).filter(customer=customer).select_related("made_by")
    now = timezone.now()
    context = admin.page_context(request, customer, f"Driver's page of {customer}") | {
        "customer": customer,
        "links": links[:LISTED],
        "now": now,
        "any_open": links.filter(withdrawn_at=None, expires_at__gt=now).exists(),
        "may_make": may_make and customer.status == Customer.Status.ACTIVE,
        "address": address,
        "back": admin.page(customer.pk),
    }
    response = TemplateResponse(request, "socialcharging/driver_links.html", context)
    add_never_cache_headers(response)
    return response


def _act(request: StaffRequest, customer: Customer) -> str:
    """The address to copy; empty where there is none to show."""
    now, action = timezone.now(), request.POST.get("action", "")
    try:
        if action == "withdraw":
            count = withdraw_links(customer, now)
            record(
                AuditEntry.Event.LINK_WITHDRAWN, request.user, customer.provider, about=f"customer {customer.number}"
            )
            messages.success(
                request,
                f"{counted(count, 'link')} withdrawn: {'it opens' if count == 1 else 'they open'} nothing any more.",
            )
        elif action in ("copy", "mail"):
            if action == "mail" and not customer.email:
                raise DomainError(f"{customer} has no e-mail address: copy the link instead.")
            _, token = make_link(customer, request.user, now)
            address = request.build_absolute_uri(reverse("driver", args=[token]))
            record(AuditEntry.Event.LINK_MADE, request.user, customer.provider, about=f"customer {customer.number}")
            if action == "copy":
                return address
            _mail(customer, address)
            messages.success(request, "Mailed to the customer's e-mail address.")
    except DomainError as refused:
        messages.error(request, str(refused))
    return ""


def _mail(customer: Customer, address: str) -> None:
    sent_by, words = LetterSettings.of(customer.provider), texts(customer.language)
    values = {"provider": sent_by.sender, "name": customer.name, "address": address}
    mail = EmailMessage(
        " ".join(words["mail_link"].format(**values).split()),
        words["mail_link_body"].format(**values),
        from_email=formataddr((" ".join(sent_by.sender.split()), parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
        to=[customer.email],
        reply_to=[sent_by.reply_to] if sent_by.reply_to else None,
    )
    try:
        mail.send()
    except (OSError, SMTPException) as error:
        raise DomainError(f"The link could not be mailed. Copy it, or try again later. ({error})") from error
