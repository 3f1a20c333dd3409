"""URLs of the portal, which is the admin, at the root."""

from django.contrib import admin
from django.urls import include, path

from chargepoints.api import authorize_batch, authorize_card
from evcnet.health import healthz, readyz

handler429 = "evcnet.accounts.unsent_forms.too_many_requests"
urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("api/v1/authorize", authorize_card),
    path("api/v1/authorize/batch", authorize_batch),
    path("ocpi/", include("roaming.ocpi.urls")),
    path("", include("chargepoints.urls")),
    path("", include("socialcharging.urls")),
    path("", include("evcnet.accounts.urls")),
    path("", admin.site.urls),
]
