"""Uploads that wait for a confirmation: who removes them, and when."""

import os
import time

import pytest

from customers.privacy.erase import erase
from evcnet.errors import DomainError
from evcnet.importexport import storages
from evcnet.importexport.storages import UploadStorage

pytestmark = pytest.mark.django_db

MINUTE = 60


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def upload(login, folder, age: int = 0):
    """A file that the login uploaded, some seconds ago."""
    storage = UploadStorage(login)
    storage.save(b"number,name\n1001,Jansen\n")
    file = next(folder.glob(f"imports/{login.pk}/{storage.name}"))
    os.utime(file, (time.time() - age, time.time() - age))
    return file


def test_an_upload_that_nobody_confirms_is_removed_by_a_job_after_an_hour(world, folder):
    old, new = upload(world.ben, folder, 61 * MINUTE), upload(world.anna, folder, 59 * MINUTE)
    storages.remove_old_uploads(timestamp=0)
    assert (old.exists(), new.exists()) == (False, True)


def test_the_next_upload_removes_old_ones_too_where_no_worker_runs(world, folder):
    old = upload(world.ben, folder, 61 * MINUTE)
    upload(world.otto, folder)
    assert not old.exists()


def test_an_erasure_removes_at_once_what_waits_at_the_provider_and_nothing_elsewhere(world, folder):
    here, sub, elsewhere = (upload(login, folder) for login in (world.ben, world.carla, world.otto))
    erase(world.jansen, by=world.ben)
    assert [each.exists() for each in (here, sub, elsewhere)] == [False, False, True]


def test_an_erasure_that_is_refused_removes_nothing(world, folder):
    erase(world.jansen, by=world.ben)
    waiting = upload(world.ben, folder)
    with pytest.raises(DomainError):
        erase(world.jansen, by=world.ben)
    assert waiting.exists()
