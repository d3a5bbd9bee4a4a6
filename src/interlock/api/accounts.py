"""Accounts of the ledger: what is left, what is owed, and what moved it."""

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from interlock.api.schemas import WRONG
from interlock.api.things import actor_of
from interlock.book.errors import NotFoundError
from interlock.book.rights import require_some
from interlock.book.selectors.accounts import account_shown, accounts_page, transfers_shown
from interlock.book.services.inputs import Moment

router = Router(tags=["accounts"])


class AccountOut(Schema):
    """One account; amounts are in its unit, exact, as text where they have places."""

    account: str
    gate: str
    says: str
    unit: str
    holder: str | None
    headroom: int | str
    credited: int | str
    posted: int | str
    reserved: int | str
    excess: int | str
    overdue: int | str
    shut: bool


class AccountPage(Schema):
    """A page of accounts."""

    items: list[AccountOut]
    next: str | None


class AccountQuery(Schema):
    """Which accounts, and as of when."""

    cursor: Annotated[str, Field(max_length=300)] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    begins: Annotated[str, Field(max_length=300, description="The account's id begins so.")] = ""


@router.get("/accounts", operation_id="account_list", response={200: AccountPage, **WRONG})
def listed(request: HttpRequest, query: Query[AccountQuery]) -> Any:
    """The accounts that you may see, by id."""
    actor = actor_of(request)
    require_some(actor, "account.read", "accounts")
    return accounts_page(
        actor,
        begins=query.begins,
        cursor=query.cursor,
        limit=query.limit,
        now=timezone.now(),
    )


class OneQuery(Schema):
    """Which account. Its id holds `?` and `&`: send it as a query, encoded."""

    account: Annotated[str, Field(min_length=1, max_length=300)]
    at: Annotated[Moment | None, Field(description="As it stood then (R8).")] = None
    known: Annotated[Moment | None, Field(description="By what was recorded then.")] = None


@router.get("/account", operation_id="account_read", response={200: dict[str, Any], **WRONG})
def one(request: HttpRequest, query: Query[OneQuery]) -> Any:
    """One account, now or as it stood, with what is owed on it and its transfers."""
    actor = actor_of(request)
    require_some(actor, "account.read", "accounts")
    now = timezone.now()
    found = account_shown(actor, query.account, now=now, at=query.at, known=query.known)
    if found is None:
        raise NotFoundError("account", query.account)
    return found | {"transfers": transfers_shown(actor, query.account)}
