"""Addresses of the driver's page."""

from django.urls import path

from socialcharging import views

urlpatterns = [
    path("my/<str:token>/", views.driver, name="driver"),
    path("my/<str:token>/manifest.webmanifest", views.manifest, name="driver_manifest"),
]
