"""The frame as an app, and the admin site that is the portal."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.backends.signals import connection_created

from evcnet.former_database import refuse_former_database


class FrameConfig(AppConfig):
    name = "evcnet"
    verbose_name = "Portal"

    def ready(self) -> None:
        connection_created.connect(refuse_former_database, dispatch_uid="evcnet.former_database")


class PortalAdminConfig(AdminConfig):
    default_site = "evcnet.site.menu.PortalSite"
