"""Every address of the book's server."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import include, path, re_path

from interlock.api.main import api
from interlock.site import accounts as _signals  # noqa: F401 - it logs who comes and goes
from interlock.site.health import health, ready
from interlock.site.letter_check import check, style
from interlock.site.problems import problems

# Of allauth's pages those that the book uses. Nobody signs up, and no mail is sent: a person comes
# in by the link of an administrator's invitation.
accounts = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path(
        "password/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
urlpatterns = [
    path("api/v1/", api.urls),
    path("accounts/", include(accounts)),
    path("docs/problems", problems, name="problems"),
    path("check", check, name="letter_check"),
    path("check.css", style, name="letter_check_style"),
    path("health", health, name="health"),
    path("ready", ready, name="ready"),
    path("", include("interlock.web.urls")),
]
handler404 = "interlock.web.things.no_such_page"
