"""The typed client that `make client` makes from the OpenAPI description, on a live server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from server_kit import ROOT, Book, book, own_database

if TYPE_CHECKING:
    from collections.abc import Iterator

# Written as somebody who has the client alone would write it.
JOURNEY = """
import json, sys
from http import HTTPStatus
from interlock_client import AuthenticatedClient
from interlock_client.api.me import me
from interlock_client.api.order import (
    order_cancel, order_confirm, order_decision, order_history, order_list, order_place, order_read,
)
from interlock_client.models import (
    Order, OrderCancelIn, OrderConfirmIn, OrderListState, OrderPlaceIn, Problem,
)

address, buyers, suppliers = sys.argv[1:4]
buyer = AuthenticatedClient(base_url=address, token=buyers)
supplier = AuthenticatedClient(base_url=address, token=suppliers)
assert me.sync(client=buyer).party == "bytedance"
asked = OrderPlaceIn(
    id="o-1", buyer="bytedance", supplier="nvidia", product="h200-sxm", quantity=8,
    destination="CN",
)
placed = order_place.sync(client=buyer, body=asked, idempotency_key="once-and-for-all")
assert isinstance(placed, Order)
again = order_place.sync_detailed(client=buyer, body=asked, idempotency_key="once-and-for-all")
assert again.headers["Idempotency-Replayed"] == "true"
taken = order_place.sync_detailed(client=buyer, body=asked)
assert taken.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
assert isinstance(taken.parsed, Problem)
denied = order_confirm.sync_detailed("o-1", client=buyer, body=OrderConfirmIn())
assert denied.status_code == HTTPStatus.FORBIDDEN
confirmed = order_confirm.sync("o-1", client=supplier, body=OrderConfirmIn())
decision = order_decision.sync("o-1", client=buyer)
order_cancel.sync("o-1", client=buyer, body=OrderCancelIn(reason="not wanted"))
page = order_list.sync(client=supplier, state=OrderListState.CANCELLED)
print(json.dumps({
    "made": placed.state, "then": confirmed.state, "verdict": decision.to_dict()["verdict"],
    "now": order_read.sync("o-1", client=buyer).state, "listed": [x.id for x in page.items],
    "moves": [x.move for x in order_history.sync("o-1", client=buyer)],
    "why": taken.parsed.to_dict()["errors"][0]["pointer"],
}))
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Book]:
    with book(own_database(tmp_path), tmp_path) as made:
        made.start()
        yield made


def test_the_client_that_is_made_from_the_description_works_on_a_server(
    served: Book, tmp_path: Path
) -> None:
    made = subprocess.run(
        [Path(sys.executable).with_name("openapi-python-client"), "generate",
         "--path", ROOT / "docs/reference/openapi.json", "--meta", "none",
         "--output-path", tmp_path / "client" / "interlock_client"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=served.env | {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
    )  # fmt: skip
    assert made.returncode == 0, made.stdout[-2000:]
    done = subprocess.run(
        [sys.executable, "-c", JOURNEY, f"http://127.0.0.1:{served.port}",
         served.tokens["buyer"], served.tokens["allocator"]],
        cwd=tmp_path / "client", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found.pop("verdict") in ("shut", "unknown")
    assert found == {
        "made": "placed", "then": "confirmed", "now": "cancelled", "listed": ["o-1"],
        "moves": ["place", "confirm", "cancel"], "why": "/id",
    }  # fmt: skip


def test_the_makefile_makes_it_from_the_committed_description() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = text.partition("\nclient:")[2].partition("\n\n")[0]
    assert "openapi-python-client generate --path docs/reference/openapi.json" in recipe
    assert "--output-path build/client/interlock_client" in recipe
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "build/" in ignored
