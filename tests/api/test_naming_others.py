"""Whoever names another firm's thing is told the same as who names what is not there (R11)."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from book_kit import ADMIN
from django.db import transaction
from everything_kit import SCHEMA, Call, calls, everything, of_another, one_of_each, send

from interlock.book.models import THINGS
from interlock.book.services.inputs import ID_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_kit import Api
    from book_kit import World

STRANGER = "zz-firm"
"""A firm that the others do not know; it only buys."""
Place = tuple[str | int, ...]


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = SCHEMA["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def places(schema: dict[str, Any], at: Place = ()) -> Iterator[Place]:
    """Where in a body ids of other things stand; 0 for the first of a list."""
    schema = _resolved(schema)
    for one in ("anyOf", "oneOf", "allOf"):
        for option in schema.get(one, ()):
            yield from places(option, at)
    if schema.get("type") == "object":
        for name, inner in schema.get("properties", {}).items():
            yield from places(inner, (*at, name))
    elif schema.get("type") == "array":
        yield from places(schema.get("items", {}), (*at, 0))
    elif schema.get("pattern") == ID_PATTERN and at[-1] != "id":
        yield at


def named(body: Any, at: Place, value: str) -> Any:
    """A body with an id at a place."""
    found = copy.deepcopy(body)
    inner = found
    for step, following in zip(at, (*at[1:], None), strict=True):
        if following is None:
            new: Any = value
        else:
            new = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            inner[step:] = [new]
        elif following is None or not inner.get(step):
            inner[step] = new
        inner = inner[step]
    return found


def kinds_of(at: Place) -> list[str]:
    """What an id at a place may be of, by its name; of a party besides, for it is most secret."""
    name = next(str(step) for step in reversed(at) if isinstance(step, str))
    kind = name if name in THINGS else name.removesuffix("s")
    return sorted({"party", kind} & set(THINGS)) if kind != "product" else []


def told(api: Api, call: Call, who: Any, body: Any, pk: str) -> tuple[int, str]:
    """An answer without the id that was asked; nothing of what was done stays."""
    asked = Call(**(vars(call) | {"body": body}))
    with transaction.atomic():
        answer = send(api, asked, who)
        transaction.set_rollback(True)
    return answer.status_code, answer.content.decode().replace(pk, "<id>")


def test_r11_naming_anothers_thing_is_answered_as_naming_nothing(api: Api) -> None:
    world = api.world
    ids = one_of_each(world)
    _stranger(world)
    theirs = of_another(world, STRANGER)
    people = [world.buyer, world.supplier, world.allocator]
    for who in people:
        api.token(who)
    before, tried, wrong = everything(), 0, []
    for call in calls(ids):
        if call.method != "POST" or not isinstance(call.body, dict):
            continue
        content = SCHEMA["paths"][call.path]["post"]["requestBody"]["content"]
        for at in sorted(set(places(content["application/json"]["schema"])), key=str):
            for kind in kinds_of(at):
                for who in people:
                    real = theirs[kind]
                    other = f"no-{real[3:]}"
                    answers = [
                        told(api, call, who, named(call.body, at, pk), pk) for pk in (real, other)
                    ]
                    tried += 1
                    if answers[0] != answers[1]:
                        wrong.append((who.name, call.where, at, kind, *answers))
    assert not wrong, "\n".join(str(one) for one in wrong)
    assert tried > 100
    assert everything() == before


def _stranger(world: World) -> None:
    world.do(ADMIN, "party.enter", id=STRANGER, name="Stranger", country="CN", roles=["buyer"])


def test_r11_a_firm_names_whom_it_deals_with_and_whom_it_was_made_known(api: Api) -> None:
    world = api.world
    _stranger(world)
    order = {"id": "o-9", "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm",
             "quantity": 5, "destination": "CN", "consignee": STRANGER}  # fmt: skip
    for who in (world.buyer, world.supplier):
        api.token(who)
    before = everything()
    answer = api.post("/orders", world.buyer, order)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "/consignee",
         "detail": f"there is no party '{STRANGER}' in use that you may name; enter it first"}
    ]  # fmt: skip
    assert everything() == before
    world.do(ADMIN, "party.change", STRANGER, known_to=["bytedance"])
    assert api.post("/orders", world.buyer, order).status_code == 201
    # NVIDIA has an order with it now, and may name it from now on.
    again = order | {"id": "o-10"}
    assert api.post("/orders", world.supplier, again).status_code == 201
    assert "known_to" not in api.get("/parties/bytedance", world.buyer).json()
