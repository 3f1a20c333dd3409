"""Which admin site is the portal?"""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class FrameConfig(AppConfig):
    name = "evcnet"
    verbose_name = "Portal"


class PortalAdminConfig(AdminConfig):
    default_site = "evcnet.site.menu.PortalSite"
