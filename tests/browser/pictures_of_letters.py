"""Pictures of the letters to customers: each change in four languages, for a private and a company customer.

python -m tests.browser.pictures_of_letters FOLDER

Needs no database: nothing is written and nothing is mailed. One sheet for each change, and one for a telephone.
"""

from __future__ import annotations

import html
import os
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import django
from playwright.sync_api import Browser, sync_playwright

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evcnet.settings")
django.setup()

from changes.impact import Case, Effect, Side
from changes.notify import notice_of
from customers.letters import build_mail
from customers.models import Announcement, Customer, LetterSettings, Notice, Provider
from devtools.demo.letters import letter_settings
from tariffs.pricing import Tariff, read_tariff
from tests.browser.chromium import launched

KINDS = (Customer.Kind.PRIVATE, Customer.Kind.COMPANY)
MIDNIGHT = datetime(2026, 12, 31, 23, tzinfo=UTC)


def price(per_kwh: str, vat: int, per_hour: str = "") -> Tariff:
    energy = {"type": "ENERGY", "price": Decimal(per_kwh), "vat": Decimal(vat), "step_size": 1}
    parking = {"type": "PARKING_TIME", "price": Decimal(per_hour or 0), "vat": Decimal(vat), "step_size": 60}
    components = [energy, parking] if per_hour else [energy]
    return read_tariff({"currency": "EUR", "elements": [{"price_components": components}]})


STANDARD = price("0.2893", 21)
CHANGES: dict[str, tuple[Effect, Tariff | None, Tariff]] = {
    "rise": ("pays_more", STANDARD, price("0.3223", 21, "1.50")),
    "fall": ("pays_less", STANDARD, price("0.24", 21)),
    "vat": ("pays_less", STANDARD, price("0.2893", 9)),
    "access": ("gains_access", None, STANDARD),
}


def letter(change: str, language: str, kind: str, template: str = "changed") -> Notice:
    provider = Provider(pk=1, name="GreenGrid", time_zone="Europe/Amsterdam", currency="EUR")
    provider.letter_settings = letter_settings(provider)
    name = "Bakkerij De Gouden Aar B.V." if kind == Customer.Kind.COMPANY else "M. Jansen"
    customer = Customer(pk=1, provider=provider, name=name, email="x@example.org", language=language, kind=kind)
    context = {
        "groups": ["Streets of Leusden", "Town hall"],
        "takes_effect_at": MIDNIGHT.isoformat(),
        "scheduled": True,
    }
    announcement = Announcement(provider=provider, key="picture", template=template, context=context)
    effect, before, after = CHANGES[change]
    notice = notice_of(announcement, customer, Case("", 1, effect, Side(price=before), Side(price=after)))
    notice.provider = provider
    return notice


def frame(notice: Notice, width: int) -> str:
    """The mail as a program shows it: head, then the HTML with its picture."""
    mail = build_mail(notice)
    logo = LetterSettings.of(notice.provider).logo_as_url
    shown = str(mail.alternatives[0][0]).replace("cid:logo", logo)
    head = f"<b>{html.escape(str(mail.subject))}</b><br>{html.escape(mail.from_email)}"
    return f'<div><p>{head}</p><iframe width="{width}" height="640" srcdoc="{html.escape(shown)}"></iframe></div>'


def sheet(letters: list[Notice], width: int) -> str:
    style = "body{font:14px sans-serif;display:grid;grid-template-columns:repeat(4,auto);gap:12px;background:#ddd}"
    frames = "".join(frame(each, width) for each in letters)
    return f"<style>{style} iframe{{border:0;background:#fff}} p{{width:{width}px;margin:4px 0}}</style>{frames}"


def take(browser: Browser, folder: Path) -> int:
    """All sheets into the folder; how many letters they show."""
    folder.mkdir(parents=True, exist_ok=True)
    languages = Customer.Language.values
    sheets = {
        change: ([letter(change, language, kind) for kind in KINDS for language in languages], 560)
        for change in CHANGES
    }
    sheets["rise-telephone"] = ([letter("rise", language, Customer.Kind.COMPANY) for language in languages], 360)
    for template in (Announcement.Template.REMINDER, Announcement.Template.CANCELLED):
        sheets[template] = ([letter("rise", language, Customer.Kind.PRIVATE, template) for language in languages], 560)
    for name, (letters, width) in sheets.items():
        page = browser.new_page(viewport={"width": 4 * (width + 16) + 16, "height": 720 * len(letters) // 4})
        page.set_content(sheet(letters, width))
        page.wait_for_timeout(500)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        page.close()
    return sum(len(letters) for letters, _ in sheets.values())


def main() -> None:
    (folder,) = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = launched(playwright)
        print(f"{take(browser, Path(folder))} letters in {folder}")
        browser.close()


if __name__ == "__main__":
    main()
