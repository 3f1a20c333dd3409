"""Letters of the demo: how they look, some that have gone out, and some that were withdrawn."""

from __future__ import annotations

import struct
import zlib
from datetime import timedelta

from django.utils import timezone

from changes.cancel import cancel_change
from changes.models import Change
from customers.logos import read_logo
from customers.models import Announcement, LetterSettings, Notice, Provider, StaffMember

GREEN = (0x1D, 0x6F, 0x6A)
WHITE = (0xFF, 0xFF, 0xFF)
WIDTH, HEIGHT = 160, 48


def letter_settings(provider: Provider) -> LetterSettings:
    """Unsaved."""
    logo = read_logo(_picture(), "greengrid.png")
    return LetterSettings(
        provider=provider,
        sender_name="GreenGrid customer service",
        reply_to="service@greengrid.example",
        phone="+31 33 123 45 67",
        logo=logo.content,
        logo_type=logo.media_type,
        logo_name=logo.name,
        opening_en="This concerns charging with your GreenGrid card.",
        opening_nl="Dit gaat over laden met uw GreenGrid-pas.",
        opening_de="Es geht um das Laden mit Ihrer GreenGrid-Karte.",
        opening_fr="Ceci concerne la recharge avec votre carte GreenGrid.",
        ending_en="Questions? Call us on working days from 9 to 17.",
        ending_nl="Vragen? Bel ons op werkdagen van 9 tot 17 uur.",
        ending_de="Fragen? Rufen Sie uns werktags von 9 bis 17 Uhr an.",
        ending_fr="Des questions\u00a0? Appelez-nous en semaine de 9\u00a0h à 17\u00a0h.",
        price_rise_days=14,
        reminder_days=3,
    )


def finish_letters(mailed: Change, cancelled: Change, by: StaffMember) -> None:
    """As if a week had passed: the letters of one change have gone out, the other was cancelled within the grace.

    Nothing is mailed. There is nobody behind the addresses, and no job finds a letter that waits.
    """
    week_ago = timezone.now() - timedelta(days=7)
    cancel_change(cancelled, by)
    announced = Announcement.objects.filter(key=f"change-{mailed.pk}-changed")
    announced.update(due_at=week_ago)
    waiting = Notice.objects.filter(announcement__in=announced, state=Notice.State.QUEUED)
    waiting.exclude(customer__email="").update(state=Notice.State.SENT, attempts=1, tried_at=week_ago)
    waiting.update(
        state=Notice.State.FAILED, attempts=1, tried_at=week_ago, error="The customer has no e-mail address."
    )


def _picture() -> bytes:
    """A PNG: a charge point's plug, drawn as two strokes and a bar on green."""
    rows = b"".join(b"\0" + b"".join(bytes(_colour(x, y)) for x in range(WIDTH)) for y in range(HEIGHT))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _colour(x: int, y: int) -> tuple[int, int, int]:
    strokes = (14 <= x < 18 or 30 <= x < 34) and 8 <= y < 22
    head = 10 <= x < 38 and 20 <= y < 32
    cable = 22 <= x < 26 and 32 <= y < 42
    word = 50 <= x < 148 and (y // 4 in (4, 7)) and (x // 7) % 2 == 0
    return WHITE if strokes or head or cable or word else GREEN


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
