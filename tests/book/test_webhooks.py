"""Events reach whoever may know of them: signed, in order, at least once, and nowhere inside."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks import Webhook as Verifier

from interlock.book import outbox
from interlock.book.errors import InputError, NotFoundError
from interlock.book.models import Delivery, Event, Webhook
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.present import present
from interlock.book.sending import AddressError, Message, Outcome, aim, is_public, send
from interlock.book.snapshots import plain, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from book_kit import World


class Receiver:
    """A real server; `answers` are the statuses it gives, the last of them for ever."""

    def __init__(self) -> None:
        self.answers = [204]
        self.got: list[tuple[dict[str, str], str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.got.append((headers, body))
                status = outer.answers[0] if len(outer.answers) == 1 else outer.answers.pop(0)
                self.send_response(status)
                self.send_header("location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/in"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self) -> list[tuple[str, str]]:
        bodies = [json.loads(body) for _, body in self.got]
        return [(x["type"], x["data"]["id"]) for x in bodies]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def local(settings: Any) -> None:
    settings.WEBHOOKS_LOCAL = True


def hook(world: World, receiver: Receiver, **more: Any) -> Webhook:
    """A webhook of ByteDance's."""
    world.now += dt.timedelta(seconds=1)
    found: Webhook = world.do(world.buyer, "webhook.register", id="w-1", url=receiver.url, **more)
    return found


def test_events_come_in_order_signed_and_without_what_they_are_about(
    world: World, receiver: Receiver, local: None
) -> None:
    made = hook(world, receiver, names=["order.*"])
    world.order("o-1")
    world.order("o-2")
    world.do(world.allocator, "order.confirm", "o-1")
    assert outbox.hand_on(world.now) > 0
    now = dt.datetime.now(dt.UTC)  # the verifier takes no signature that is old
    Delivery.objects.update(next_at=now)
    assert outbox.deliver(now) == 3
    assert receiver.events() == [
        ("order.place", "o-1"), ("order.place", "o-2"), ("order.confirm", "o-1"),
    ]  # fmt: skip
    for headers, body in receiver.got:
        said = Verifier(made.secret).verify(body, headers)
        assert set(said["data"]) == {"event", "kind", "id", "version"}
        with pytest.raises(Exception, match="No matching signature"):
            Verifier("whsec_" + "A" * 44).verify(body, headers)
    assert outbox.deliver(now) == 0


def test_a_failed_delivery_holds_up_those_behind_it_and_is_tried_again(
    world: World, receiver: Receiver, local: None
) -> None:
    hook(world, receiver, names=["order.*"])
    world.order("o-1")
    world.order("o-2")
    outbox.hand_on(world.now)
    receiver.answers = [500, 302, 204]
    assert outbox.deliver(world.now) == 0
    assert receiver.events() == [("order.place", "o-1")]
    first = Delivery.objects.order_by("event").first()
    assert first is not None
    assert (first.state, first.attempts, first.last_status) == ("waiting", 1, 500)
    assert first.next_at is not None
    assert outbox.deliver(world.now) == 0  # it is not due yet, and what is behind it waits
    assert len(receiver.got) == 1
    later = world.now + dt.timedelta(minutes=1)
    assert outbox.deliver(later) == 0  # a redirect is not followed
    much_later = later + dt.timedelta(minutes=5)
    assert outbox.deliver(much_later) == 2
    assert receiver.events() == [("order.place", "o-1")] * 3 + [("order.place", "o-2")]
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert len(set(ids[:3])) == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {"taken"}


def test_after_the_last_try_it_is_dead_and_the_next_one_goes(
    world: World, receiver: Receiver, local: None
) -> None:
    hook(world, receiver, names=["order.*"])
    world.order("o-1")
    world.order("o-2")
    outbox.hand_on(world.now)
    receiver.answers = [500] * outbox.MOST_TRIES + [204]
    now = world.now
    for _ in range(outbox.MOST_TRIES):
        now += dt.timedelta(days=1)
        outbox.deliver(now)
    states = dict(Delivery.objects.values_list("event__thing", "state"))
    assert states["o-1"] == "dead"
    outbox.deliver(now + dt.timedelta(days=1))
    states = dict(Delivery.objects.values_list("event__thing", "state"))
    assert states == {"o-1": "dead", "o-2": "taken"}


def test_gone_is_dead_at_once(world: World, receiver: Receiver, local: None) -> None:
    hook(world, receiver, names=["order.place"])
    world.order("o-1")
    outbox.hand_on(world.now)
    receiver.answers = [410]
    outbox.deliver(world.now)
    assert Delivery.objects.get().state == "dead"


def test_pauses_double_until_the_longest_with_half_by_chance() -> None:
    for tries in range(1, 20):
        longest = min(outbox.FIRST_PAUSE * 2 ** (tries - 1), outbox.LONGEST_PAUSE)
        found = [outbox.pause_after(tries) for _ in range(50)]
        assert all(longest / 2 <= one <= longest for one in found)
        assert len(set(found)) > 1


def test_only_whoever_may_read_a_thing_is_told_of_it(
    world: World, receiver: Receiver, local: None
) -> None:
    hook(world, receiver)
    world.do(world.rival, "webhook.register", id="w-2", url=receiver.url)
    world.order("o-1")
    outbox.hand_on(world.now)
    told = Delivery.objects.values_list("webhook", "event__name")
    assert ("w-1", "order.place") in told
    assert ("w-2", "order.place") not in told
    assert {name for pk, name in told if pk == "w-2"} == {"webhook.register"}


def test_what_happened_before_a_webhook_was_made_is_not_sent_unless_replayed(
    world: World, receiver: Receiver, local: None
) -> None:
    world.order("o-1")
    hook(world, receiver, names=["order.*"])
    outbox.hand_on(world.now)
    assert Delivery.objects.count() == 0
    first = Event.objects.get(name="order.place")
    world.do(world.buyer, "webhook.replay", "w-1", from_event=first.pk)
    assert outbox.deliver(world.now) == 1
    world.do(world.buyer, "webhook.replay", "w-1", from_event=first.pk)
    assert outbox.deliver(world.now) == 1
    assert receiver.events() == [("order.place", "o-1")] * 2
    with pytest.raises(InputError, match=r"no event from 1000000000000 on is for it"):
        world.do(world.buyer, "webhook.replay", "w-1", from_event=10**12)
    assert outbox.deliver(world.now) == 0


def test_a_paused_webhook_waits_and_an_ended_one_gets_nothing_more(
    world: World, receiver: Receiver, local: None
) -> None:
    hook(world, receiver, names=["order.*"])
    world.do(world.buyer, "webhook.pause", "w-1")
    world.order("o-1")
    outbox.hand_on(world.now)
    assert outbox.deliver(world.now) == 0
    world.do(world.buyer, "webhook.resume", "w-1")
    assert outbox.deliver(world.now) == 1
    world.order("o-2")
    outbox.hand_on(world.now)
    world.do(world.buyer, "webhook.end", "w-1")
    assert outbox.deliver(world.now) == 0
    assert receiver.events() == [("order.place", "o-1")]


def test_an_event_is_handed_on_once_however_often_it_is_tried(
    world: World, receiver: Receiver, local: None
) -> None:
    hook(world, receiver, names=["order.*"])
    world.order("o-1")
    outbox.hand_on(world.now)
    Event.objects.update(handed_on=False)  # as if the process had died in between
    outbox.hand_on(world.now)
    assert Delivery.objects.count() == 1


def test_what_was_sent_and_not_noted_is_sent_again(
    world: World, receiver: Receiver, local: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(world, receiver, names=["order.*"])
    world.order("o-1")
    outbox.hand_on(world.now)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(outbox, "_note", die)
    with pytest.raises(KeyboardInterrupt):
        outbox.deliver(world.now)
    monkeypatch.undo()
    assert outbox.deliver(world.now) == 1
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_one_slow_webhook_does_not_keep_another(world: World, local: None) -> None:
    for who, pk in ((world.buyer, "w-1"), (world.supplier, "w-2")):
        world.do(who, "webhook.register", id=pk, url="http://127.0.0.1:9/", names=["order.*"])
    world.order("o-1")
    outbox.hand_on(world.now)
    both = threading.Barrier(2, timeout=20)

    def together(*_: object, **__: object) -> Outcome:
        both.wait()  # passes only when both are being sent at once
        return Outcome(200, "")

    assert outbox.deliver(world.now, send=together) == 2


def test_the_secret_is_shown_once_and_is_in_no_log(
    world: World, receiver: Receiver, local: None
) -> None:
    made = hook(world, receiver)
    assert present(world.buyer, made)["secret"] == made.secret
    again = Webhook.objects.get(pk="w-1")
    assert "secret" not in present(world.buyer, again)
    assert "secret" not in plain(snapshot(again))
    assert not any(made.secret in x.content for x in ledger().entries())
    changed = world.do(world.buyer, "webhook.change", "w-1", new_secret=True)
    assert changed.secret != made.secret
    assert present(world.buyer, changed)["secret"] == changed.secret


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://a.example/in", "https"),
        ("ftp://a.example/in", "https"),
        ("https://127.0.0.1/in", "no public address"),
        ("https://[::1]/in", "no public address"),
        ("https://10.0.0.8/in", "no public address"),
        ("https://169.254.169.254/latest", "no public address"),
        ("https://[::ffff:10.0.0.1]/", "no public address"),
        ("https://user:pass@a.example/", "password"),
        ("https:///in", "no host"),
        ("nothing", "https"),
    ],
)
def test_an_address_inside_is_refused_and_nothing_is_written(
    world: World, settings: Any, url: str, says: str
) -> None:
    settings.WEBHOOKS_LOCAL = False
    before = Event.objects.count()
    with pytest.raises(InputError, match=says):
        world.do(world.buyer, "webhook.register", url=url)
    assert (Webhook.objects.count(), Event.objects.count()) == (0, before)


def test_a_name_that_leads_inside_is_refused_when_it_is_used() -> None:
    for inside in (
        "10.1.2.3",
        "127.0.0.1",
        "::1",
        "fd00::1",
        "169.254.169.254",
        "100.64.0.1",
        "::ffff:192.168.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "224.0.0.1",
        "0.0.0.0",
    ):
        assert not is_public(ipaddress.ip_address(inside)), inside
        with pytest.raises(AddressError, match="no public address"):
            aim("https://a.example/in", local=False, names=lambda *_, x=inside: ["8.8.8.8", x])
    found = aim("https://a.example/in", local=False, names=lambda *_: ["8.8.8.8", "1.1.1.1"])
    assert (found.ip, found.url.host) == ("8.8.8.8", "a.example")


def test_what_the_net_does_is_an_outcome_and_no_error() -> None:
    now = dt.datetime(2026, 2, 10, tzinfo=dt.UTC)
    message = Message("evt_1", now, "{}")
    found = send("http://127.0.0.1:1/", message, "whsec_AAAA", now=now, local=True)
    assert (found.status, found.ok) == (None, False)
    assert "ConnectError" in found.wrong
    found = send("https://127.0.0.1/", message, "whsec_AAAA", now=now)
    assert "no public address" in found.wrong


def test_events_that_nobody_knows_are_refused_with_the_mend(world: World, local: None) -> None:
    with pytest.raises(InputError, match="a move of order") as caught:
        world.do(world.buyer, "webhook.register", url="http://a.example/", names=["order.melt"])
    assert set(caught.value.faults) == {"names.0"}


def test_nobody_else_sees_or_moves_a_webhook(world: World, receiver: Receiver, local: None) -> None:
    hook(world, receiver)
    before = Event.objects.count()
    for who in (world.rival, world.officer, world.supplier):
        with pytest.raises(NotFoundError):
            world.do(who, "webhook.replay", "w-1", from_event=1)
    assert Event.objects.count() == before
