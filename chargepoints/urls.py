"""Addresses of public price pages."""

from django.urls import path

from chargepoints.price_page import price_page

urlpatterns = [path("prices/<str:key>/", price_page, name="price_page")]
