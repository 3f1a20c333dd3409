"""The frame as an app, and the admin site that is the portal."""

import gc

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.backends.signals import connection_created

from evcnet.former_database import refuse_former_database

OBJECTS_BETWEEN_COLLECTIONS = 10_000


class FrameConfig(AppConfig):
    name = "evcnet"
    verbose_name = "Portal"

    def ready(self) -> None:
        # What is loaded now stays as long as the process, and a file's rows until it is taken in: looking for cycles
        # among them every 700 objects took a sixth of an import.
        gc.freeze()
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
        connection_created.connect(refuse_former_database, dispatch_uid="evcnet.former_database")


class PortalAdminConfig(AdminConfig):
    default_site = "evcnet.site.menu.PortalSite"
