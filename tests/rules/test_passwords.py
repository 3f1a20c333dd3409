"""A password that was stolen somewhere is refused, by a list that lies on this machine."""

import hashlib

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError

from evcnet.accounts.passwords import BreachedPasswordValidator

STOLEN = [f"correct horse number {number}" for number in range(500)]


def sha1(password: str) -> str:
    return hashlib.sha1(password.encode()).hexdigest().upper()


@pytest.fixture
def validator(tmp_path):
    path = tmp_path / "stolen.txt"
    lines = sorted(f"{sha1(password)}:{number**3}" for number, password in enumerate(STOLEN))
    path.write_text("\r\n".join(lines) + "\r\n")
    return BreachedPasswordValidator(str(path))


def test_every_password_of_the_list_is_refused(validator):
    for password in STOLEN:
        with pytest.raises(ValidationError, match="data breach"):
            validator.validate(password)


def test_a_password_that_is_not_on_the_list_passes(validator):
    for number in range(500):
        validator.validate(f"another horse number {number}")


@pytest.mark.parametrize("content", ["", f"{sha1('only one')}:3", f"{sha1('only one')}:3\n"])
def test_a_short_list_is_read_to_its_end(tmp_path, content):
    path = tmp_path / "short.txt"
    path.write_text(content)
    validator = BreachedPasswordValidator(str(path))
    validator.validate("something else")
    if content:
        with pytest.raises(ValidationError):
            validator.validate("only one")


def test_a_list_that_is_not_there_stops_the_start(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="no file"):
        BreachedPasswordValidator(str(tmp_path / "missing.txt"))
