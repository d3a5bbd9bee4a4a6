"""Every address of the book's server."""

from __future__ import annotations

from django.urls import include, path

from interlock.api.main import api
from interlock.site.health import health, ready

urlpatterns = [
    path("api/v1/", api.urls),
    path("accounts/", include("allauth.urls")),
    path("health", health, name="health"),
    path("ready", ready, name="ready"),
]
