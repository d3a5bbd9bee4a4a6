"""Every address of the console."""

from __future__ import annotations

from django.urls import path, register_converter
from django.views.i18n import set_language

from interlock.api.addresses import plural
from interlock.book.models import THINGS
from interlock.web import (
    applications,
    audit,
    bulk,
    decisions,
    desk,
    doors,
    evidence,
    finding,
    lab,
    lab_desk,
    licences,
    moves,
    overview,
    people,
    progress,
    regimes,
    replays,
    rounds,
    runs,
    things,
    tokens,
    trying,
)

KINDS = {plural(kind): kind for kind in THINGS}


class Kind:
    """A kind of thing by its word in addresses."""

    regex = "|".join(sorted(KINDS, key=len, reverse=True))

    def to_python(self, value: str) -> str:
        """From an address."""
        return KINDS[value]

    def to_url(self, value: str) -> str:
        """Into an address."""
        return plural(value)


class Id:
    """An id of a thing, as the API takes it."""

    regex = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}"

    def to_python(self, value: str) -> str:
        """From an address."""
        return value

    def to_url(self, value: str) -> str:
        """Into an address."""
        return value


class Name:
    """A user's name, as the API takes it."""

    regex = r"[A-Za-z0-9][A-Za-z0-9._+@-]{0,63}"

    def to_python(self, value: str) -> str:
        """From an address."""
        return value

    def to_url(self, value: str) -> str:
        """Into an address."""
        return value


register_converter(Kind, "kind")
register_converter(Name, "user")
register_converter(Id, "id")

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("gates/", overview.gates, name="gates"),
    path("find/", finding.palette, name="find"),
    path("queue/", applications.queue, name="queue"),
    path("language/", set_language, name="set_language"),
    path("party/", doors.choose_party, name="choose_party"),
    path("demo/sign-in/", doors.demo_sign_in, name="demo_sign_in"),
    path("<kind:kind>/bulk/", bulk.bulk_page, name="bulk"),
    path("<kind:kind>/views/", things.keep_view, name="keep_view"),
    path("orders/<id:pk>/", decisions.order_page, name="order"),
    path("orders/<id:pk>/decision/", decisions.order_decision, name="order_decision"),
    path("determinations/<id:pk>/", decisions.determination_page, name="determination"),
    path("licences/<id:pk>/", licences.licence_page, name="licence"),
    path("conditions/<id:pk>/", licences.condition_page, name="condition"),
    path("applications/<id:pk>/", applications.application_page, name="application"),
    path("applications/<id:pk>/sheet/", applications.sheet, name="sheet"),
    path("people/", people.people_page, name="people"),
    path("people/new/", people.new_person, name="person_new"),
    path("people/of/<user:username>/", people.person_page, name="person"),
    path("people/of/<user:username>/<slug:work>/", people.work_page, name="person_work"),
    path("people/offices/<int:office>/end/", people.end_office, name="office_end"),
    path("tokens/", tokens.own_tokens, name="own_tokens"),
    path("tokens/new/", tokens.new_token, name="token_new"),
    path("tokens/all/", tokens.all_tokens, name="all_tokens"),
    path("tokens/end/<slug:prefix>/", tokens.end_token, name="token_end"),
    path("rounds/<id:pk>/", rounds.round_page, name="round"),
    path("desk/", desk.desk_page, name="desk"),
    path("desk/<id:pk>/", desk.desk_entry, {"kind": "entry"}, name="desk_entry"),
    path("law/", regimes.law_page, name="law"),
    path("law/orders/", regimes.law_orders, name="law_orders"),
    path("law/try/", trying.try_page, name="law_try"),
    path("law/replays/", replays.replays_page, name="replays"),
    path("law/replays/new/", replays.new_replay, name="replay_new"),
    path("law/replays/<id:name>/", replays.replay_page, name="replay"),
    path("law/replays/<id:name>/file/", replays.replay_file, name="replay_file"),
    path("law/of/<slug:regime>/", regimes.regime_page, name="regime"),
    path("law/of/<slug:regime>/changes/", regimes.changes_page, name="regime_changes"),
    path("lab/", lab.lab_page, name="lab"),
    path("lab/new/", lab_desk.new_run, name="lab_new"),
    path("lab/beside/", lab_desk.beside, name="lab_beside"),
    path("lab/of/<str:name>/", lab_desk.result, name="lab_result"),
    path("lab/of/<str:name>/<str:file>", lab_desk.result_file, name="lab_file"),
    path("jobs/", progress.progress_page, name="jobs"),
    path("jobs/stream/", progress.stream, name="stream"),
    path("evidence/", evidence.evidence_page, name="evidence"),
    path("audit/", audit.audit_log, name="audit"),
    path("audit/row/", audit.audit_proof, name="audit_proof"),
    path("runs/<id:pk>/", runs.run_page, name="run"),
    path("<kind:kind>/", things.list_page, name="list"),
    path("<kind:kind>/new/<slug:move>/", moves.move_page, name="make"),
    path("<kind:kind>/<id:pk>/", things.thing_page, name="thing"),
    path("<kind:kind>/<id:pk>/<slug:move>/", moves.move_page, name="move"),
]
