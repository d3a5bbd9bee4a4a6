"""Shipments and entries played again: what was promised is sent, what was sent enters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.law.terms import Leg
from interlock.ledger import Draw, Post, RefusedError, Return, Void
from interlock.replay.desk import Desk
from interlock.replay.promises import Judged, Posted, Sent, stops_of

if TYPE_CHECKING:
    from interlock.replay.desk import Step


class Passing(Desk):
    """What becomes of units that leave, come in and go back."""

    def do_send(self, step: Step) -> None:
        """Post a shipment, as far as it was promised."""
        promise, judged = self.promised.get(step["group"]), self.judged[step["thing"]]
        asked = step["units"]
        free = 0 if promise is None else asked if promise.whole else min(asked, promise.left)
        done, lacks = 0, stops_of(judged)
        sent = Sent(step["group"], 0)
        if free and judged.verdict == "open":
            done, lacks = free, ()
            rows = self.ledger.reservations(step["group"])
            if any(row.post == "shipment" for row in rows):
                why = self.opening.why(step["thing"], self.now)
                post = Post(self.opening.next_id(), why, step["group"], free, "shipment")
                done, lacks = self._apply(post, free)
                sent.posts = [Posted(post.id, done)] if done else []
        sent.units = done
        self.sent[step["thing"]] = sent
        if promise is not None:
            promise.sent += done
        refused = free - done
        self.tell(step, done, refused, asked - free, lacks if refused else ())

    def _apply(self, change: Post | Draw, units: int) -> tuple[int, tuple[str, ...]]:
        try:
            self.ledger.apply(change, now=self.now.recorded)
        except RefusedError as error:
            return 0, tuple(dict.fromkeys(lack.account for lack in error.lacks))
        return units, ()

    def do_send_back(self, step: Step) -> None:
        """Units of a shipment went back; those that did not enter draw at entry no more."""
        sent = self.sent.get(step["thing"])
        if sent is None:
            return
        units = min(step["units"], sent.units - sent.returned)
        let_in = min(step["let_in"], units)
        sent.returned += units
        self._give_back(sent, units, step["way"], step["thing"])
        outside = min(units - let_in, sent.units - sent.entered)
        rows = self.ledger.reservations(sent.group)
        if outside and any(row.post == "entry" and row.remaining for row in rows):
            why = self.opening.why(step["thing"], self.now)
            change = Void(self.opening.next_id(), why, sent.group, outside, "entry")
            self.ledger.apply(change, now=self.now.recorded)

    def do_count_sent(self, step: Step) -> None:
        """An accepted fact: another number of units left."""
        sent, more = self.sent.get(step["thing"]), step["units"]
        if sent is None or not sent.units:
            return
        if more < 0:
            fewer = min(-more, sent.units - sent.returned - sent.entered)
            self._give_back(sent, fewer, "cancelled", step["thing"])
            sent.units -= fewer
            return
        if any(row.post == "shipment" for row in self.ledger.reservations(sent.group)):
            why = self.opening.why(step["thing"], self.now)
            post = Post(self.opening.next_id(), why, sent.group, more, "shipment", fact=True)
            self._apply(post, more)
            sent.posts.append(Posted(post.id, more))
        sent.units += more

    def _give_back(self, sent: Sent, units: int, way: str, cause: str) -> None:
        """Return units of what was posted, first in, first out, on each of its changes alike."""
        left: dict[int, int] = {}
        for one in sent.posts:
            part = min(left.setdefault(one.kind, units), one.units - one.back)
            if part <= 0:
                continue
            why = self.opening.why(cause, self.now)
            change = Return(self.opening.next_id(), why, one.change, part, way)  # type: ignore[arg-type]
            self.ledger.apply(change, now=self.now.recorded)
            one.back += part
            left[one.kind] -= part

    def do_enter(self, step: Step) -> None:
        """Let units in: post what was reserved for entry, draw what only began to bind since."""
        sent, asked = self.sent.get(step["shipment"]), step["units"]
        judged = self.judged.get(step["thing"])
        free = 0 if sent is None else min(asked, sent.units - sent.entered)
        entry = self.entries.setdefault(step["thing"], Sent(step["group"], 0))
        fact = bool(step.get("fact"))
        done, lacks = 0, stops_of(judged) if judged is not None else ()
        if free and judged is not None and (fact or judged.verdict == "open"):
            done, lacks = self._post_entry(step, entry, judged, free, fact=fact)
        entry.units += done
        if sent is not None:
            sent.entered += done
        refused = free - done
        self.tell(step, done, refused, asked - free, lacks if refused else ())

    def _post_entry(
        self, step: Step, entry: Sent, judged: Judged, units: int, *, fact: bool
    ) -> tuple[int, tuple[str, ...]]:
        rows = self.ledger.reservations(entry.group)
        case = self.opening.reading.case(step["facts"], self.now.law)
        legs = judged.decision.legs
        self.opening.prepare(legs, case, self.now, cause=step["thing"])
        reserved = {row.account.partition("@")[0] for row in rows}
        drawn = tuple(
            Leg(one.account, one.factor, one.reserve, one.post)  # type: ignore[arg-type]
            for one in legs
            if one.post == "entry"
            and one.factor
            and not (one.pending or one.of)
            and one.account not in reserved
            and self.ledger.account(one.account) is not None
        )
        why = self.opening.why(step["thing"], self.now)
        changes: list[Post | Draw] = []
        if any(row.post == "entry" for row in rows):
            changes.append(Post(self.opening.next_id(), why, entry.group, units, "entry", fact))
        if drawn:
            holder = rows[0].holder if rows else step["holder"]
            changes.append(Draw(self.opening.next_id(), why, drawn, units, "", holder, fact))
            short = [one.account for one in drawn if not fact and self._short(one, units)]
            if short:  # nothing is posted of a group of which a part cannot be
                return 0, tuple(short)
        for kind, change in enumerate(changes):
            done, lacks = self._apply(change, units)
            if not done:
                return 0, lacks
            entry.posts.append(Posted(change.id, units, kind))
        return units, ()

    def _short(self, leg: Leg, units: int) -> bool:
        return self.opening.headroom(leg.account, self.now) < leg.factor * units

    def do_enter_back(self, step: Step) -> None:
        """Units that were let in went back."""
        entry = self.entries.get(step["thing"])
        if entry is None:
            return
        units = min(step["units"], entry.units - entry.returned)
        self._give_back(entry, units, step["way"], step["thing"])
        if step["way"] == "cancelled":  # they never came in
            entry.units -= units
            self.sent[step["shipment"]].entered -= units
        else:
            entry.returned += units
