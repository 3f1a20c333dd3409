"""The page of attacks in the docs: it lists every try that stays as a test."""

from django.conf import settings

from tests.tenancy.attacks import document


def test_the_page_of_attacks_lists_every_try():
    written = (settings.BASE_DIR / "docs" / "attacks.md").read_text()
    assert written == document(), "run: python -m tests.tenancy.attacks > docs/attacks.md"
