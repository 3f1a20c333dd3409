"""Letters come from the provider: sender, answers, logo, phone, and words in each language."""

import struct
import zlib
from datetime import UTC, datetime
from email.header import decode_header, make_header

import pytest
from django.core.exceptions import ValidationError

from changes.apply import apply_change, preview_change
from changes.proposals import NewTerms
from customers.letters import build_mail
from customers.logos import MOST_BYTES, MOST_PIXELS, read_logo
from customers.models import Customer, LetterSettings, Notice
from customers.notice_text import moment_in_words
from evcnet.history import event_model

pytestmark = pytest.mark.django_db


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width=120, height=40):
    rows = (b"\0" + b"\x1d\x6f\x6a" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def jpeg(width=120, height=40):
    frame = struct.pack(">BHH", 8, height, width) + b"\x01\x01\x11\x00"
    return b"\xff\xd8\xff\xe0" + struct.pack(">H", 4) + b"JF" + b"\xff\xc0" + struct.pack(">H", 2 + len(frame)) + frame


@pytest.fixture
def notice(world):
    """That Jansen pays less."""
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    apply_change(proposal, fingerprint=preview_change(proposal).impact.fingerprint, notify="all")
    return Notice.objects.get()


def letter(**columns):
    """Jansen's letter, with the settings of the provider as given."""
    notice = Notice.objects.get()
    LetterSettings.objects.update_or_create(provider=notice.provider, defaults=columns)
    return build_mail(Notice.objects.get())


def html(mail):
    return mail.alternatives[0][0]


def test_a_provider_without_settings_writes_under_its_own_name(notice):
    mail = build_mail(notice)
    assert mail.from_email == "GreenGrid <evcnet@localhost>"
    assert mail.reply_to == [] and "Reply-To" not in mail.message()
    assert mail.body.rstrip().endswith("Kind regards,\nGreenGrid")
    assert "cid:" not in html(mail) and mail.message().get_content_type() == "multipart/alternative"


def test_sender_answers_and_phone_are_those_of_the_settings(notice):
    mail = letter(sender_name="Grün & Grid, service", reply_to="help@greengrid.example", phone="+31 30 123 45 67")
    sent = mail.message()
    assert sent["Reply-To"] == "help@greengrid.example"
    assert str(make_header(decode_header(sent["From"]))) == "Grün & Grid, service <evcnet@localhost>"
    assert mail.subject.startswith("Grün & Grid, service: charging changes")
    for text in (mail.body, html(mail)):
        assert "+31 30 123 45 67" in text and "help@greengrid.example" in text
    assert "Grün &amp; Grid, service" in html(mail)


def test_a_name_of_several_lines_writes_no_header_of_its_own(notice):
    mail = letter(sender_name="Green\r\nBcc: all@example.org")
    assert "Bcc" not in mail.message()
    with pytest.raises(ValidationError):
        LetterSettings(provider=notice.provider, sender_name="Green\nBcc: all@example.org").full_clean()


@pytest.mark.parametrize("language", Customer.Language.values)
def test_the_words_of_the_language_stand_before_and_after(world, notice, language):
    Customer.objects.filter(pk=world.jansen.pk).update(language=language)
    words = {f"{part}_{each}": f"{part} {each}" for part in ("opening", "ending") for each in Customer.Language.values}
    mail = letter(**words)
    for text in (mail.body, html(mail)):
        assert text.index(f"opening {language}") < text.index("Leusden centre") < text.index(f"ending {language}")
        others = set(Customer.Language.values) - {language}
        assert not any(f"{part} {each}" in text for part in ("opening", "ending") for each in others)


def test_a_language_without_words_of_its_own_has_none_of_another(world, notice):
    Customer.objects.filter(pk=world.jansen.pk).update(language="fr")
    mail = letter(opening_en="Hello", ending_en="Goodbye")
    assert "Hello" not in mail.body and "Goodbye" not in html(mail)


def test_words_are_text_and_never_markup(notice):
    mail = letter(opening_en="<b>bold</b> {provider}\n\nsecond")
    assert "&lt;b&gt;bold&lt;/b&gt; {provider}" in html(mail) and "<p>second</p>" in html(mail)
    assert "<b>bold</b> {provider}" in mail.body


def test_the_logo_goes_along_and_is_fetched_from_nowhere(notice):
    logo = read_logo(png(), "logo.png")
    mail = letter(logo=logo.content, logo_type=logo.media_type, logo_name=logo.name)
    sent = mail.message()
    assert sent.get_content_type() == "multipart/related"
    alternative, picture = sent.get_payload()
    assert [part.get_content_type() for part in alternative.get_payload()] == ["text/plain", "text/html"]
    assert (picture.get_content_type(), picture["Content-ID"]) == ("image/png", "<logo>")
    assert picture.get_content_disposition() == "inline" and picture.get_payload(decode=True) == png()
    assert 'src="cid:logo"' in html(mail) and "http" not in html(mail)


@pytest.mark.parametrize(("content", "media_type"), [(png(), "image/png"), (jpeg(), "image/jpeg")])
def test_png_and_jpeg_are_known_by_what_they_contain(content, media_type):
    logo = read_logo(content, "anything.txt")
    assert logo.media_type == media_type and "120 × 40" in logo.name


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no PNG"),
        (b"<svg onload='x()'/>", "no PNG"),
        (b"GIF89a" + b"\0" * 20, "no PNG"),
        (png()[:20], "not whole"),
        (jpeg()[:6], "not whole"),
        (b"\xff\xd8\xff\xd9", "not whole"),
        (png(MOST_PIXELS + 1, 2), "pixels"),
        (png(0, 0), "pixels"),
        (png() + b"\0" * MOST_BYTES, "bytes"),
    ],
)
def test_what_is_no_picture_for_a_letter_is_refused(content, why):
    with pytest.raises(ValidationError, match=why):
        read_logo(content, "logo.png")


def test_the_history_keeps_the_name_of_a_logo_and_not_the_picture(world):
    logo = read_logo(png(), "logo.png")
    LetterSettings.objects.create(provider=world.greengrid, logo=logo.content, logo_name=logo.name)
    events = event_model(LetterSettings)
    assert events.objects.get().logo_name == logo.name
    assert "logo" not in {field.name for field in events._meta.fields}


def test_the_first_of_a_month_is_called_so_in_french():
    at = datetime(2027, 1, 1, tzinfo=UTC)
    assert moment_in_words(at, "fr") == "1er janvier 2027"
    assert moment_in_words(at.replace(day=21, hour=9), "fr") == "21 janvier 2027 à 09:00 (UTC)"
    assert moment_in_words(at, "en") == moment_in_words(at, "xx") == "1 January 2027"


def test_of_new_access_the_price_is_told_without_a_before(world):
    proposal = NewTerms(world.leusden, {"other_user_groups": True})
    apply_change(proposal, fingerprint=preview_change(proposal).impact.fingerprint, notify="all")
    text = build_mail(Notice.objects.get(customer=world.bakker)).body
    assert "Price: 0.35 EUR/kWh" in text and "Until then" not in text and "From then on:" not in text
