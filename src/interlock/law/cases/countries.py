"""Country codes: a slip such as `cn`, `UK` or `China` would name no country of any law, and pass.

ISO 3166-1 alpha-2, with the codes that customs use besides: EU, XI (Northern Ireland), XK (Kosovo).
"""

from __future__ import annotations

from interlock.files.phrases import Phrase, phrase

_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ
EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW
GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY
KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV
MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG
TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM
ZW EU XI XK
"""
CODES = frozenset(_CODES.split())
MEND = phrase("write its two letters (ISO 3166), e.g. CN")
_WORDS = ("country", "destination", "headquarters", "origin")
_MEANT = {"UK": "GB", "EL": "GR"}


def is_country(name: str) -> bool:
    """Whether a name of a vocabulary holds a country: `order.destination`, `party.country`, ..."""
    return name.rpartition(".")[2].rpartition("_")[2] in _WORDS


def meant(value: str) -> Phrase:
    """What to write instead of a text that is no country code."""
    upper = value.strip().upper()
    code = _MEANT.get(upper, upper)
    return phrase("write {code}", code=code) if code in CODES else MEND
