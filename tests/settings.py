"""The portal's own settings, but for what only slows tests down."""

from evcnet.settings import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
DECISION_LOG_WRITER = False  # a thread would write beside the transaction of the test; tests flush
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("whitenoise")]
