"""Claims: who said what of which fact, when it was known, how far it is believed.

Grade, weakest, best    the Admiralty code and its order (R13)
Value, exactly, clash   exact values, bounds, "about", intervals (R5)
load_claims             a claims file -> Claims, or every fault in it
Claims.state            what was believed as of a day
"""

from interlock.evidence.claims import (
    Belief,
    Claim,
    Claims,
    Contradiction,
    Origin,
    State,
    UnknownClaimError,
)
from interlock.evidence.grade import (
    CREDIBILITY,
    RELIABILITY,
    BadGradeError,
    Grade,
    best,
    weakest,
)
from interlock.evidence.links import Draft, check_together
from interlock.evidence.plain import state_json
from interlock.evidence.reader import load_claims, read_claim, read_claims
from interlock.evidence.value import Value, clash, exactly

__all__ = [
    "CREDIBILITY",
    "RELIABILITY",
    "BadGradeError",
    "Belief",
    "Claim",
    "Claims",
    "Contradiction",
    "Draft",
    "Grade",
    "Origin",
    "State",
    "UnknownClaimError",
    "Value",
    "best",
    "check_together",
    "clash",
    "exactly",
    "load_claims",
    "read_claim",
    "read_claims",
    "state_json",
    "weakest",
]
