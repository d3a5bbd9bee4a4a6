"""Every service by the move it makes, with the values it takes: one list for API, CLI and pages.

    @service("order.place")
    def order_place(act: Act, *, buyer: str, quantity: Annotated[int, Field(gt=0)]) -> Order: ...

    @service("order.confirm")
    def order_confirm(act: Act, thing: Order) -> Order: ...

A service that makes a thing takes the act and values by name; any other takes the thing besides.
The values' types and descriptions are those of its signature, and nowhere else.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from datetime import date, datetime
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from interlock.book import rights
from interlock.book.acting import Act, perform
from interlock.book.errors import MoveError
from interlock.book.lifecycles import Move, move_of
from interlock.book.models import THINGS, Thing
from interlock.book.services.inputs import WITHIN_REACH, WRITTEN, unfit
from interlock.files.phrases import phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from interlock.book.rights import Actor


class Body(BaseModel):
    """What every move takes besides its own values; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)

    effective: Annotated[
        Annotated[datetime, WRITTEN, WITHIN_REACH] | None,
        Field(description="When it took effect, with its zone; default now."),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _fit(cls, values: Any) -> Any:
        for place, says in unfit(values):
            raise PydanticCustomError(
                "unfit", "{says}", {"says": phrase("{name}: {wrong}", name=place, wrong=says)}
            )
        return values


@dataclass(frozen=True)
class Service:
    """One service.

    Attributes:
        move: the move it makes.
        run: the function.
        model: the kind of thing.
        body: its values as a model; `reason` and `effective` besides.
        ready: what takes long once, such as compiling, and is done before the transaction begins:
            within, on SQLite, everybody would wait for it.
    """

    move: Move
    run: Callable[..., Thing]
    model: type[Thing]
    body: type[Body]
    ready: Callable[[], None] = lambda: None

    @property
    def makes(self) -> bool:
        """Whether it makes a new thing."""
        return not self.move.starts

    def __call__(self, act: Act, pk: str, body: Body) -> Thing:
        """Run it in an act, on the thing `pk` unless it makes one."""
        values = {
            name: getattr(body, name)
            for name in type(body).model_fields
            if name not in ("effective", "reason")
        }
        # The right comes first: what a service looks up to check its values is not for everybody.
        if self.makes:
            rights.require_some(act.actor, self.move.right, f"a new {self.move.kind}")
            return self.run(act, **values)
        thing = act.find(self.model, pk)
        rights.require(act.actor, self.move.right, thing)
        # Then the state: no service works out, or looks up, what cannot be done from here.
        if why := self.move.refuses(thing.state):
            raise MoveError(self.move.kind, pk, self.move.name, why, act.can(thing))
        return self.run(act, thing, **values)


SERVICES: dict[str, Service] = {}


def service(
    right: str, *, ready: Callable[[], None] = lambda: None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function as the service of a move; `ready` as in `Service`."""

    def enter(run: Callable[..., Any]) -> Callable[..., Any]:
        kind, _, name = right.partition(".")
        move = move_of(kind, name)
        if right in SERVICES:
            msg = f"two services for {right}"
            raise ValueError(msg)
        SERVICES[right] = Service(move, run, THINGS[kind], _body(move, run), ready)
        return run

    return enter


def _body(move: Move, run: Callable[..., Any]) -> type[Body]:
    hints = get_type_hints(run, include_extras=True)
    fields: dict[str, Any] = {}
    for name, item in inspect.signature(run).parameters.items():
        if item.kind is inspect.Parameter.KEYWORD_ONLY:
            default = ... if item.default is inspect.Parameter.empty else item.default
            fields[name] = (_exact(hints[name]), default)
    why: Any = Annotated[str, Field(max_length=2000, description="Why, in words.")]
    if move.reason:
        why = Annotated[
            str, Field(min_length=1, max_length=2000, description="Why, in words; required.")
        ]
    fields["reason"] = (why, ... if move.reason else "")
    title = "".join(part.title() for part in f"{move.kind}_{move.name}".split("_"))
    return create_model(f"{title}In", __base__=Body, __doc__=move.says, **fields)


def _exact(hint: Any) -> Any:
    """A hint whose whole numbers, and true and false, are no texts and not each other.

    Nor are numbers days, nor is a day that lies before any book or behind any calendar.
    """
    base, *rest = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if get_origin(base) in (Union, UnionType):
        # `strict` stands on the options: a union takes none.
        found: Any = Union[tuple(_exact(option) for option in get_args(base))]  # noqa: UP007
        return Annotated[(found, *rest)] if rest else found
    if base in (date, datetime):
        return Annotated[hint, WRITTEN, WITHIN_REACH]
    return Annotated[hint, Strict()] if base in (int, bool) else hint


def do(
    actor: Actor,
    right: str,
    pk: str = "",
    values: dict[str, Any] | None = None,
    *,
    now: datetime,
    change: str = "",
    expected: int | None = None,
) -> Thing:
    """Make one move in a transaction of its own; the door for the API, the CLI and pages.

    Raises:
        pydantic.ValidationError: the values do not fit, each with its place.
        BookError, LedgerError: refused; nothing was written.
    """
    found = SERVICES[right]
    body = found.body.model_validate(values or {})
    return run(actor, found, pk, body, now=now, change=change, expected=expected)


def run(
    actor: Actor,
    found: Service,
    pk: str,
    body: Body,
    *,
    now: datetime,
    change: str = "",
    expected: int | None = None,
) -> Thing:
    """The same with values that were read already."""
    found.ready()
    return perform(
        actor,
        lambda act: found(act, pk, body),
        now=now,
        reason=getattr(body, "reason", "") or found.move.says,
        change=change,
        effective=body.effective,
        expected={} if expected is None else {pk: expected},
    )
