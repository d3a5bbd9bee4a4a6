"""The console as a part of the server."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages, and what a person keeps about them: saved views of lists."""

    name = "interlock.web"
    label = "web"
