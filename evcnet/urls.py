"""URLs of the portal, which is the admin, at the root."""

from django.contrib import admin
from django.urls import include, path

from chargepoints.api import authorize_card
from evcnet.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("api/v1/authorize", authorize_card),
    path("", include("evcnet.accounts.urls")),
    path("", admin.site.urls),
]
