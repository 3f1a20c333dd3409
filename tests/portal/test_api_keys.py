"""API keys: who makes them, and what a key opens."""

import pytest
from django.urls import reverse

from customers.api_authentication import authenticate_key
from customers.models import ApiKey
from tests.portal.forms import CONFIRMED, page_form
from tests.portal.test_logins import page

pytestmark = pytest.mark.django_db
KEYS = "/customers/apikey/"


class TestKeys:
    @pytest.mark.parametrize("who", ["ben", "carla", "hugo", "rita", "otto"])
    def test_only_provider_admins_see_keys(self, world, signed_in, who):
        assert signed_in(getattr(world, who)).get(KEYS).status_code in (302, 403)

    def test_a_key_is_shown_once_and_works(self, world, signed_in):
        browser = signed_in(world.anna)
        made = browser.post(KEYS + "add/", page_form(browser.get(KEYS + "add/")) | {"name": "backend of Leusden"})
        secret = made.context["secret"]
        assert secret in made.content.decode()
        assert "no-store" in made["Cache-Control"]
        assert authenticate_key(f"Token {secret}").provider == world.greengrid.pk
        key = ApiKey.objects.get()
        assert secret not in browser.get(page(key)).content.decode() + browser.get(KEYS).content.decode()

    def test_a_deactivated_key_is_refused(self, world, signed_in):
        key, secret = ApiKey.make(provider=world.greengrid, name="old")
        signed_in(world.anna).post(reverse("admin:customers_apikey_action", args=[key.pk, "deactivate"]), CONFIRMED)
        assert authenticate_key(f"Token {secret}") is None

    def test_a_key_of_another_provider_looks_like_a_missing_one(self, world, signed_in):
        key, secret = ApiKey.make(provider=world.bluevolt, name="theirs")
        browser = signed_in(world.anna)
        assert browser.get(page(key)).status_code == 302
        assert browser.post(reverse("admin:customers_apikey_action", args=[key.pk, "deactivate"])).status_code == 404
        assert "theirs" not in browser.get(KEYS).content.decode()
        assert authenticate_key(f"Token {secret}") is not None
