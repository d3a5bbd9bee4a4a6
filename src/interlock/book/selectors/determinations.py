"""Determinations: how a decision is frozen, found again, checked, and made again from what is kept.

What is kept is exactly what is decided from: the facts and accounts are put into JSON first and
read back from it, when the decision is signed as when it is checked years later.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from cryptography.exceptions import InvalidSignature
from django.db.models import Q

from interlock.book import law, law_texts, rights
from interlock.book.errors import input_error
from interlock.book.models import Determination
from interlock.book.sealing import own_public_key, sealing_key
from interlock.book.selectors.claims import plain_claim
from interlock.book.selectors.decisions import without
from interlock.files import BadInputError, InterlockError
from interlock.law.cases.reader import CaseReader
from interlock.law.deciding.decide import Decider
from interlock.law.deciding.decision import to_json
from interlock.law.deciding.legs import AccountState
from interlock.law.deciding.redact import redacted
from interlock.ledger.changes import time_text
from interlock.sealing import key_id, public_pem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from django.db.models import QuerySet

    from interlock.book.rights import Actor
    from interlock.law.library import Library
    from interlock.law.model import Stage

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
ROLES = ("buyer", "supplier", "consignee", "end_user", "broker", "forwarder")
SIGNED = (
    *(
        "order_id",
        "shipment_id",
        "entry_id",
        "viewer",
        "party_id",
        "gate",
        "at",
        "known",
        "recorded",
        "stage",
    ),
    *("facts", "accounts", "decision", "regimes", "law_files", "salt", "key_id"),
    *("signed_by", "signed_at", "keep_until"),
)
"""What the digest is over."""
KEPT_FROM = "kept_from"


def key() -> Ed25519PrivateKey:
    """The server's key; the heads of the audit log are signed by it too.

    Raises:
        InputError: it is gone, or not the one that signs the audit log.
    """
    try:
        return sealing_key()
    except BadInputError as error:  # where it lies is of whoever runs the book
        fault = error.faults[0]
        raise input_error("key", "{wrong}; {mend}", wrong=fault.wrong, mend=fault.mend) from error


def frozen(value: Any) -> Any:
    """Facts as JSON keeps them: the same from every database, and read back to the same."""
    if isinstance(value, Mapping):
        return {str(name): frozen(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return [frozen(one) for one in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal | float):
        whole = Decimal(repr(value) if isinstance(value, float) else value)
        return int(whole) if whole == int(whole) else float(whole)
    return value


class FrozenAccounts(Mapping[str, AccountState]):
    """Accounts as a determination kept them: `{key: {headroom, overdue, posted}}`, None: no such.

    An account of others, which the signer may not see, has `kept_from` besides.

    Args:
        kept: what was kept.
        live: accounts to look up, and keep, what is not there yet; only while signing.
    """

    def __init__(
        self, kept: dict[str, dict[str, str] | None], live: Mapping[str, AccountState] | None = None
    ) -> None:
        self.kept, self.live = kept, live

    def __getitem__(self, name: str) -> AccountState:
        if name not in self.kept:
            found = self.live.get(name) if self.live is not None else None
            self.kept[name] = None if found is None else _kept(found)
        state = self._numbers(name)
        if not state:
            raise KeyError(name)
        return AccountState(**{part: Fraction(number) for part, number in state.items()})

    def _numbers(self, name: str) -> dict[str, str]:
        state = self.kept[name] or {}
        return {part: number for part, number in state.items() if part != KEPT_FROM}

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.kept if self._numbers(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return True  # a book without accounts is a book all the same

    def keep_from(self, accounts: Iterable[str], viewer: str) -> None:
        """Note the accounts that the signer may not see."""
        for name in accounts:
            self.kept[name] = (self.kept.get(name) or {}) | {KEPT_FROM: viewer}

    def closed(self) -> frozenset[str]:
        """The accounts that the signer may not see."""
        return frozenset(name for name, state in self.kept.items() if state and KEPT_FROM in state)


def _kept(state: AccountState) -> dict[str, str]:
    parts = {"headroom": state.headroom, "overdue": state.overdue, "posted": state.posted}
    return {name: str(number) for name, number in parts.items()}


def decided(
    facts: dict[str, Any],
    accounts: FrozenAccounts,
    stage: str,
    viewer: str,
    reader: CaseReader,
    decider: Decider,
) -> dict[str, Any]:
    """The decision on frozen facts and accounts by a law, as the viewer may see it."""
    case = reader.read(frozen(facts), 1)
    decision = decider.decide(case, stage=cast("Stage", stage), accounts=accounts)
    found: dict[str, Any] = json.loads(
        _encode(to_json(redacted(without(decision, accounts.closed()), viewer)))
    )
    return found


def digests_of(library: Library) -> dict[str, str]:
    """What a law is made of: the digest of each regime, and of its claims."""
    found = {one.regime.id: one.regime.digest for one in library.checked}
    for regime, claims in library.claims.items():
        text = "\n".join(repr(plain_claim(claim)) for claim in claims.claims)
        found[f"{regime}/claims"] = hashlib.sha256(text.encode()).hexdigest()
    return found


def digest_of(row: Determination) -> str:
    """The SHA-256 over all that is signed, as hexadecimal."""
    fields = {name: _plain(getattr(row, name)) for name in SIGNED}
    return hashlib.sha256(_encode({"id": row.pk, **fields}).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return time_text(value)
    return value.isoformat() if isinstance(value, dt.date) else value


def statement(row: Determination) -> str:
    """The text under the signature; whoever has it and the public key can check it without us."""
    return _encode(
        {
            "determination": row.pk,
            "digest": row.digest,
            "keep_until": row.keep_until.isoformat(),
            "key_id": row.key_id,
            "signed_at": time_text(row.signed_at),
        }
    )


def check(row: Determination, *, whole: bool) -> dict[str, Any]:
    """Whether a determination is as it was signed, and whether its law gives it again.

    Args:
        row: the determination.
        whole: for eyes that may see all of the law; else what is told of the law of today is told
            of the regimes whose digests the decision shows, for a digest confirms a guess (R11).

    Returns:
        `content`: what is kept is what was signed. `signature`: the key signed it; None: by another
        key than the server's. `same`: decided again by the law that was kept with it, from what was
        kept, byte for byte; None: that law is lost, or what was kept is not whole. `differs`: parts
        of the decision that came out otherwise. `law_differs`: regimes that are another today.
    """
    try:
        public = own_public_key()
    except BadInputError:  # looking makes no new one
        public = None
    told: bool | None = None
    if public is not None and row.key_id == key_id(public):
        try:
            public.verify(b64decode(row.signature), statement(row).encode())
            told = True
        except (InvalidSignature, ValueError):
            told = False
    now = digests_of(law.library())
    signed: dict[str, str | None] = row.decision.get("regimes", {})
    shown = {name for name, digest in signed.items() if whole or digest}
    changed = sorted(
        name
        for name in {*now, *row.regimes}
        if now.get(name) != row.regimes.get(name) and name.partition("/")[0] in shown
    )
    content = digest_of(row) == row.digest
    again = _again(row, intact=content)
    differs = [] if again is None else _differing(row.decision, again)
    return {
        "determination": row.pk,
        "content": content,
        "signature": told,
        "law_differs": changed,
        "same": None if again is None else not differs,
        "differs": differs,
        "statement": statement(row),
        "signed": row.signature,
        "key_id": row.key_id,
        "public_key": public_pem(public) if public is not None and told is not None else None,
        "keep_until": row.keep_until.isoformat(),
    }


def _again(row: Determination, *, intact: bool) -> dict[str, Any] | None:
    """The decision made again by the law that was kept with it; None: it cannot be any more.

    What is no longer as it was signed may be anything; then `content` says what is wrong with it.
    """
    try:
        return _made_again(row)
    except (InterlockError, AttributeError, KeyError, TypeError, ValueError):
        if intact:
            raise
        return None


def _made_again(row: Determination) -> dict[str, Any] | None:
    library = law.library()
    if digests_of(library) != row.regimes:
        kept = law_texts.load(row.law_files)
        if kept is None or digests_of(kept) != row.regimes:
            return None
        library = kept
    found = library.law(row.at, row.known)
    reader = CaseReader(library.checked, found.vocabulary)
    accounts = FrozenAccounts(dict(row.accounts))
    decider = Decider(found, library.claims)
    return decided(row.facts, accounts, row.stage, row.viewer, reader, decider)


def _differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    names = sorted({*one, *other})
    return [name for name in names if _encode(one.get(name)) != _encode(other.get(name))]


def search(
    actor: Actor,
    *,
    order: str = "",
    party: str = "",
    signed_from: dt.date | None = None,
    signed_until: dt.date | None = None,
    at: dt.date | None = None,
) -> QuerySet[Determination]:
    """Determinations by order, day or party, the newest first, as far as the actor may read them.

    Args:
        actor: who asks.
        order: id of the order.
        party: in whatever role on the order, or the signer's.
        signed_from: first day of signing.
        signed_until: last day of signing.
        at: the day whose law was asked.
    """
    found = rights.visible(actor, Determination)
    if order:
        found = found.filter(order=order)
    if party:
        asked = Q(party=party)
        for role in ROLES:
            asked |= Q(**{f"order__{role}": party})
        found = found.filter(asked)
    if signed_from is not None:
        found = found.filter(signed_at__date__gte=signed_from)
    if signed_until is not None:
        found = found.filter(signed_at__date__lte=signed_until)
    if at is not None:
        found = found.filter(at=at)
    return found.order_by("-signed_at", "-pk")
