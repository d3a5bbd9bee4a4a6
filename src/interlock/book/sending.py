"""Sending a webhook to an address that somebody else chose: guarded, pinned, signed, bounded.

The name is looked up once, every address behind it must be public, and the connection goes to one
of those: a name that is pointed inside afterwards leads nowhere. Redirects are not followed.
"""

from __future__ import annotations

import ipaddress
import socket
from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

import httpx
from standardwebhooks import Webhook as Signer

from interlock.files import InterlockError
from interlock.files.phrases import Phrase, phrase

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressError(InterlockError):
    """An address to which nothing is sent; `says` is why, and what to give."""

    def __init__(self, says: Phrase) -> None:
        self.says = says
        super().__init__(says)


class Target(NamedTuple):
    """Where to send: the address as given, and the one number behind it that is used."""

    url: httpx.URL
    ip: str


class Outcome(NamedTuple):
    """What came of one try: the status (None: no answer), and what was wrong (empty: nothing)."""

    status: int | None
    wrong: str

    @property
    def ok(self) -> bool:
        """Whether the receiver took it: any 2xx."""
        return not self.wrong


class Message(NamedTuple):
    """One event for one receiver; `id` stays the same in every try."""

    id: str
    at: datetime
    body: str


def check_url(text: str, *, local: bool) -> httpx.URL:
    """An address as it is written, before its name is looked up.

    Args:
        text: the address.
        local: http and addresses inside are allowed; for demos and tests.

    Raises:
        AddressError: it is not one that is sent to.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise AddressError(phrase("cannot be read; give an https address")) from error
    if url.scheme != "https" and not (local and url.scheme == "http"):
        raise AddressError(
            phrase("begins with '{scheme}:'; give an https address", scheme=url.scheme)
        )
    if not url.host:
        raise AddressError(phrase("names no host; give an https address"))
    if url.userinfo:
        raise AddressError(phrase("holds a user or password; the signature tells who sends"))
    if not local:
        _require_public_name(url.host)
    return url


def _require_public_name(host: str) -> None:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return  # a name; it is looked up when something is sent
    if not is_public(found):
        raise AddressError(phrase("{host} is no public address", host=host))


def is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address lies outside, also behind the ways in which IPv6 wraps IPv4."""
    inner: ipaddress.IPv4Address | None = None
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if inner is not None and not is_public(inner):
        return False
    mapped = isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None
    return (ip.is_global or mapped) and not ip.is_multicast


def look_up(host: str, port: int) -> list[str]:
    """All addresses behind a name.

    Raises:
        OSError: there is none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def aim(text: str, *, local: bool, names: Callable[[str, int], list[str]] = look_up) -> Target:
    """Look an address up and choose where to send.

    Args:
        text: the address.
        local: http and addresses inside are allowed.
        names: looks a name up.

    Raises:
        AddressError: it is none, has no number, or one of its numbers lies inside.
    """
    url = check_url(text, local=local)
    try:
        found = names(url.host, url.port or (443 if url.scheme == "https" else 80))
    except (OSError, UnicodeError) as error:
        raise AddressError(phrase("the name {host} is not known", host=url.host)) from error
    if not local:
        for one in found:
            if not is_public(ipaddress.ip_address(one.partition("%")[0])):
                says = phrase(
                    "{host} leads to {address}, which is no public address",
                    host=url.host,
                    address=one,
                )
                raise AddressError(says)
    if not found:
        raise AddressError(phrase("the name {host} is not known", host=url.host))
    return Target(url, found[0])


def headers_of(message: Message, secret: str, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks: id, time of this try, signature over both and the body."""
    when = now.astimezone(UTC)  # the signer takes any time for UTC
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(int(when.timestamp())),
        "webhook-signature": Signer(secret).sign(message.id, when, message.body),
        "content-type": "application/json",
        "user-agent": "interlock",
    }


def send(
    text: str, message: Message, secret: str, *, now: datetime, local: bool = False
) -> Outcome:
    """Send one message once; never raises for what the receiver or the net does.

    Args:
        text: the address.
        message: what to send.
        secret: the receiver's signing secret, `whsec_...`.
        now: the clock, which the signature holds.
        local: http and addresses inside are allowed.
    """
    try:
        target = aim(text, local=local)
    except AddressError as error:
        return Outcome(None, str(error))
    host = target.url.host
    headers = headers_of(message, secret, now) | {"host": target.url.netloc.decode()}
    extensions = {"sni_hostname": host} if target.url.scheme == "https" else {}
    try:
        with (
            httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST",
                target.url.copy_with(host=target.ip),
                content=message.body.encode(),
                headers=headers,
                extensions=extensions,
            ) as answer,
        ):
            status = answer.status_code  # what it says besides is not read
    except httpx.HTTPError as error:
        return Outcome(None, f"{type(error).__name__}: {error}"[:500])
    wrong = "" if 200 <= status < 300 else f"answered {status}; a 2xx says that it was taken"
    return Outcome(status, wrong)
