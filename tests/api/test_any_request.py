"""Whatever is sent: no fault of the server, and each answer is as the OpenAPI description says.

Schemathesis makes the requests from the description, those that fit it and those that do not, as
people of several roles. `INTERLOCK_FUZZ` is how many for each address and sort (default 3).
"""

from __future__ import annotations

import copy
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from book_kit import actor
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from everything_kit import REFERENCES, calls, one_of_each
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from interlock.api.main import api as book_api
from interlock.book import rights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_kit import Api
    from everything_kit import Call

    from interlock.book.rights import Actor

EXAMPLES = int(os.environ.get("INTERLOCK_FUZZ", "3"))
TOO_LARGE = 413
APPLICATION = get_wsgi_application()
DESCRIBED = schemathesis.openapi.from_dict(copy.deepcopy(book_api.get_openapi_schema()))
DESCRIBED.app = APPLICATION
OPERATIONS = [one.ok() for one in DESCRIBED.get_all_operations()]
KINDS = sorted({one.path.split("/")[3] for one in OPERATIONS})
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """A request does not close the test's own connection, as Django's test client has it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
                         ids=["fits", "does-not-fit"])  # fmt: skip
@pytest.mark.parametrize("kind", KINDS)
def test_no_request_breaks_the_server_or_the_description(
    api: Api, kind: str, mode: GenerationMode
) -> None:
    cache.clear()
    ids = one_of_each(api.world)
    tokens = {who: api.token(who) for who in _people(api)}
    samples = {(one.method.lower(), one.path): one for one in calls(ids)}
    for operation in OPERATIONS:
        if operation.path.split("/")[3] == kind:
            _try(operation, mode, ids, tokens, samples[operation.method, operation.path])


def test_every_operation_is_reached_by_whoever_may_and_answers_as_described(api: Api) -> None:
    """Values that fit, about things that are there, from each of the people who may."""
    cache.clear()
    ids = one_of_each(api.world)
    tokens = {who: api.token(who) for who in _people(api)}
    samples = {(one.method.lower(), one.path): one for one in calls(ids)}
    reached: dict[str, set[int]] = {}
    for operation in OPERATIONS:
        sample = samples[operation.method, operation.path]
        found = reached.setdefault(f"{operation.method} {operation.path}", set())
        for who in _able(sample, list(tokens)):
            case = operation.Case(
                path_parameters=sample.places, query=dict(sample.query), headers={},
                **({} if sample.body is None else {"body": sample.body}),
                media_type=None if sample.body is None else "application/json",
            )  # fmt: skip
            with transaction.atomic():
                response = case.call(headers={"Authorization": f"Bearer {tokens[who]}"})
                transaction.set_rollback(True)
            case.validate_response(response, checks=CHECKS)
            found.add(response.status_code)
    done = [name for name, found in reached.items() if any(one < 300 for one in found)]
    late = [name for name, found in reached.items() if name not in done and 409 in found]
    assert len(reached) == len(OPERATIONS) > 230
    # What is left asks for values that no sample knows, e.g. a run's lines or a file's rows.
    assert len(done) >= 130, sorted(set(reached) - set(done))
    assert len(done) + len(late) >= 190, {
        name: found for name, found in reached.items() if name not in done + late
    }


def _people(api: Api) -> list[Actor]:
    """Somebody of every role, at the parties of `one_of_each`."""
    world = api.world
    return [
        world.buyer, world.supplier, world.allocator, world.cn_officer, world.cn_second,
        world.customs, world.auditor, actor("ada", "us-bis", "administrator"),
    ]  # fmt: skip


def _able(call: Call, people: list[Actor]) -> list[Actor]:
    """Those who have the right behind an address on anything; all, where none is behind it."""
    name = call.operation.removeprefix(f"{call.kind}_")
    right = f"{call.kind}.{name if call.method == 'POST' else 'read'}"
    if right not in rights.all_rights():
        return people
    return [who for who in people if rights.has_right(who, right)] or people


def _try(
    operation: Any, mode: GenerationMode, ids: dict[str, str], tokens: dict[Actor, str],
    sample: Call,
) -> None:  # fmt: skip
    made = operation.as_strategy(generation_mode=mode)
    fits = mode is GenerationMode.POSITIVE
    able = [tokens[who] for who in _able(sample, list(tokens))]
    senders = st.sampled_from(able) | st.sampled_from(list(tokens.values()))

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=made, token=senders, near=st.integers(0, 2), own=st.integers(0, 3))
    def ask(case: Any, token: str, near: int, own: int) -> None:
        if near and fits:
            _bring_near(case, ids, sample)
        if near == 2 and fits and isinstance(case.body, dict) and sample.body is not None:
            # Most of it is known to be fit, so that the service itself is reached.
            case.body = sample.body | dict(list(case.body.items())[:own])
        with transaction.atomic():
            response = case.call(headers={"Authorization": f"Bearer {token}"})
        # 413 is a refusal, though the check knows of none such: what is too large is not even read.
        refused = fits or _may_still_fit(case) or response.status_code == TOO_LARGE
        must_fail = [] if refused else [checks.negative_data_rejection]
        case.validate_response(response, checks=[*CHECKS, *must_fail])

    ask()


@schemathesis.serializer("application/x-ndjson")
def _lines(_ctx: Any, value: Any) -> bytes:
    """Lines as they are; what is none is sent as one line of JSON."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", errors="replace")


def _may_still_fit(case: Any) -> bool:
    """Whether what does not fit is of no weight: headers, or the text of an NDJSON body.

    Who asks by token names no party, and the token is ours. Any text fits an NDJSON body, whose
    lines stand or fall one by one, each with its own problem.
    """
    parts = case.meta.components.items()
    wrong = {place.value for place, part in parts if part.mode is GenerationMode.NEGATIVE}
    named = {one.name for one in case.operation.query}
    if set(case.query or {}) - named:
        wrong -= {"query"}  # names beside those described are refused by lists alone
    weightless = {"header"} | ({"body"} if case.media_type == "application/x-ndjson" else set())
    return wrong <= weightless


def _bring_near(case: Any, ids: dict[str, str], sample: Call) -> None:
    """Name things that are there, so that the request gets further than 'there is none'."""
    if case.path_parameters:
        case.path_parameters.update(sample.places)
    case.headers.pop("If-Match", None)
    if isinstance(case.body, dict):
        for name in case.body:
            known = REFERENCES.get(name) or ids.get(name)
            if known and isinstance(case.body[name], str):
                case.body[name] = known
