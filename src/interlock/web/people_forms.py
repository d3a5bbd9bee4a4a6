"""Forms of what is done with people, offices and tokens: the API's own bodies, asked for on a page.

They are no things and have no lifecycle, so nothing is previewed: a form says what it does, and the
service that the API calls decides, in one act and with its row in the audit log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import ValidationError

from interlock.book.acting import perform
from interlock.book.errors import BookError, DeniedError
from interlock.ledger import LedgerError
from interlock.web.moves import put_at_fields
from interlock.web.offers import offers
from interlock.web.trouble import Refusal, of_values, refusal, said_of
from interlock.web.values import of_body, read
from interlock.web.words import word

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from pydantic import BaseModel

    from interlock.book.acting import Act
    from interlock.book.rights import Actor
    from interlock.web.values import Field

HELP = {
    "username": gettext_noop("Letters, digits and . _ - + @, at most 64; it never changes."),
    "name": gettext_noop("As others are to read it."),
    "service": gettext_noop("Acts by tokens alone, and signs in nowhere."),
    "scopes": gettext_noop(
        "Rights that it is limited to, such as order.read, order.* or *.read; empty: all that its "
        "user may."
    ),
    "expires_at": gettext_noop("Its last moment, at most a year away; empty: a year from now."),
}
"""What a field means, where the API's page tells it elsewhere."""
OF_TOKEN = {"name": gettext_noop("What it is for, so that it can be told from others.")}
"""The same for a token, where it is something else."""


@dataclass
class Asking:
    """One form during one request.

    Attributes:
        body: of the API's own address, without what `given` says already.
        title: what is done, and to whom.
        says: what comes of it.
        button: what its button says.
        back: where one goes on leaving it.
        options: field -> what is chosen from.
        given: values that the address says.
    """

    request: HttpRequest
    actor: Actor
    body: type[BaseModel]
    title: str
    says: str
    button: str
    back: str
    options: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    refusal: Refusal | None = None

    def __post_init__(self) -> None:
        self.fields: list[Field] = []
        of_token = OF_TOKEN if "scopes" in self.body.model_fields else {}
        for one in of_body(self.body):
            if one.name in self.given:
                continue
            if one.name in self.options:
                one.widget, one.options = "choice", self.options[one.name]
            says = of_token.get(one.name) or HELP.get(one.name)
            one.help = _(says) if says else one.help
            self.fields.append(one)

    def answered(self, work: Callable[[Act, Any], Any]) -> Any:
        """What `work` made of the values that were sent; None: it was refused, and is asked anew.

        Raises:
            DeniedError: the actor may not do this.
        """
        try:
            values = self.body.model_validate(read(self.fields, self.request.POST) | self.given)
        except ValidationError as error:
            self._refused(of_values(error))
            return None
        once = self.request.POST.get("once", "")
        try:
            return perform(
                self.actor, lambda act: work(act, values), now=timezone.now(),
                reason=getattr(values, "reason", ""),
                change=f"page-{once}" if once.isalnum() and len(once) < 40 else "",
            )  # fmt: skip
        except DeniedError:
            raise
        except (BookError, LedgerError) as error:
            self._refused(refusal(self.actor, error))
            return None

    def _refused(self, found: Refusal) -> None:
        for name, says in put_at_fields(found, self.fields).items():
            found.says += [said_of(word("field", name), one) for one in says]
        self.refusal = found

    def shown(self) -> HttpResponse:
        """The form as a page."""
        context = {
            "asking": self, "fields": self.fields, "refusal": self.refusal,
            "once": self.request.POST.get("once") or get_random_string(20),
            "offers": offers(self.actor, self.fields),
        }  # fmt: skip
        status = self.refusal.status if self.refusal is not None else 200
        return render(self.request, "web/people_form.html", context, status=status)
