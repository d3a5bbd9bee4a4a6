"""Random numbers by counter: the same (seed, stream, run, index) gives the same number anywhere.

Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3"
(SC 2011). There is no state to carry, so a run does not depend on which worker plays it or on what
was drawn before, and two variants of a scenario draw the same numbers for the same things.
Everything is drawn by inversion from one number each, so a changed parameter moves each draw the
same way in every run.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

from interlock.lab.kernel.decorators import bare, inlined

FIXED, UNIFORM, NORMAL, LOGNORMAL, EXPONENTIAL, TRIANGULAR, CHOICE = range(7)
"""Kinds of distribution; a row of a table of them is (kind, a, b, c, d, low, high, unused).

FIXED a; UNIFORM a to b; NORMAL mean a, deviation b; LOGNORMAL median a, sigma b; EXPONENTIAL mean
a; TRIANGULAR a to c with mode b; CHOICE rows a to b of the table of choices. `low` and `high` cut.
"""
WIDTH = 8

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)


def stream_of(name: str) -> int:
    """The number of a named stream, 32 bits: it depends on the name alone."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "little")


@inlined
def philox(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """Four 32-bit numbers (in uint64) of a 128-bit counter under a 64-bit key."""
    c0, c1 = np.uint64(c0) & _LOW, np.uint64(c1) & _LOW
    c2, c3 = np.uint64(c2) & _LOW, np.uint64(c3) & _LOW
    k0, k1 = np.uint64(k0) & _LOW, np.uint64(k1) & _LOW
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c2 = (p1 >> _SHIFT) ^ c1 ^ k0, (p0 >> _SHIFT) ^ c3 ^ k1
        c1, c3 = p1 & _LOW, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@inlined
def unit(bits):  # type: ignore[no-untyped-def]
    """A 32-bit number as one strictly between 0 and 1."""
    return (float(bits) + 0.5) * 2.3283064365386963e-10


@bare
def draws(seed, stream, run, index, turn):  # type: ignore[no-untyped-def]
    """Four numbers strictly between 0 and 1."""
    a, b, c, d = philox(run, index, turn, stream, seed & 0xFFFFFFFF, seed >> 32)
    return unit(a), unit(b), unit(c), unit(d)


@bare
def fill_bits(bits, place, count, key, stream, index, turn):  # type: ignore[no-untyped-def]
    """The draws of `count` indices from `index` on, into columns of `bits` uint32[4, ..].

    The same numbers as `draws` gives one by one, eight at a time: nothing in the loop depends on
    the turn before, so it compiles to vector instructions. `key` is (seed, run).
    """
    seed, run = key
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    end = place + count
    to_a, to_b, to_c, to_d = (
        bits[0, place:end],
        bits[1, place:end],
        bits[2, place:end],
        bits[3, place:end],
    )
    for k in range(count):
        a, b, c, d = philox(run, index + k, turn, stream, k0, k1)
        to_a[k], to_b[k], to_c[k], to_d[k] = a, b, c, d


@bare
def normal_of(p):  # type: ignore[no-untyped-def]
    """The standard normal quantile: Wichura's PPND16 (AS 241, Applied Statistics 37, 1988)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        up = ((((((2509.0809287301226727 * r + 33430.575583588128105) * r
            + 67265.770927008700853) * r + 45921.953931549871457) * r
            + 13731.693765509461125) * r + 1971.5909503065514427) * r
            + 133.14166789178437745) * r + 3.387132872796366608  # fmt: skip
        down = ((((((5226.495278852545925 * r + 28729.085735721942674) * r
            + 39307.89580009271061) * r + 21213.794301586595867) * r
            + 5394.1960214247511077) * r + 687.1870074920579083) * r
            + 42.313330701600911252) * r + 1.0  # fmt: skip
        return q * up / down
    r = p if q < 0 else 1.0 - p
    r = math.sqrt(-math.log(r))
    if r <= 5.0:
        r -= 1.6
        up = ((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r
            + 0.24178072517745061177) * r + 1.27045825245236838258) * r
            + 3.64784832476320460504) * r + 5.7694972214606914055) * r
            + 4.6303378461565452959) * r + 1.42343711074968357734  # fmt: skip
        down = ((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r
            + 0.0151986665636164571966) * r + 0.14810397642748007459) * r
            + 0.68976733498510000455) * r + 1.6763848301838038494) * r
            + 2.05319162663775882187) * r + 1.0  # fmt: skip
    else:
        r -= 5.0
        up = ((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
            + 0.0012426609473880784386) * r + 0.026532189526576123093) * r
            + 0.29656057182850489123) * r + 1.7848265399172913358) * r
            + 5.4637849111641143699) * r + 6.6579046435011037772  # fmt: skip
        down = ((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r
            + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
            + 0.0148753612908506148525) * r + 0.13692988092273580531) * r
            + 0.59983220655588793769) * r + 1.0  # fmt: skip
    value = up / down
    return -value if q < 0 else value


@inlined
def uniform_of(a, b, low, high, p):  # type: ignore[no-untyped-def]
    """The quantile at `p` of a uniform distribution, cut."""
    return min(max(a + p * (b - a), low), high)


@bare
def value_of(row, p, choices):  # type: ignore[no-untyped-def]
    """The quantile at `p` of the distribution in `row`; `choices` holds (value, up to p) rows."""
    kind = int(row[0])
    if kind == FIXED:
        return row[1]
    if kind == UNIFORM:
        x = row[1] + p * (row[2] - row[1])
    elif kind == NORMAL:
        x = row[1] + row[2] * normal_of(p)
    elif kind == LOGNORMAL:
        x = row[1] * math.exp(row[2] * normal_of(p))
    elif kind == EXPONENTIAL:
        x = -row[1] * math.log1p(-p)
    elif kind == TRIANGULAR:
        low, mode, high = row[1], row[2], row[3]
        part = (mode - low) / (high - low)
        if p < part:
            x = low + math.sqrt(p * (high - low) * (mode - low))
        else:
            x = high - math.sqrt((1.0 - p) * (high - low) * (high - mode))
    else:
        k = int(row[1])
        while k < int(row[2]) - 1 and p > choices[k, 1]:
            k += 1
        x = choices[k, 0]
    return min(max(x, row[5]), row[6])


@bare
def values_of(row, bits, choices, out):  # type: ignore[no-untyped-def]
    """The quantiles at many draws, uint32[n], of one distribution, into `out` float64[n]."""
    if row[0] == UNIFORM:
        a, b, low, high = row[1], row[2], row[5], row[6]
        for k in range(len(out)):
            out[k] = uniform_of(a, b, low, high, unit(bits[k]))
        return
    for k in range(len(out)):
        out[k] = value_of(row, unit(bits[k]), choices)


@bare
def add_steps(row, bits, choices, days, value, out):  # type: ignore[no-untyped-def]
    """Add days drawn from one distribution, as whole steps rounded up, to `out` int64[n].

    `value` float64[n] is a place to work in.
    """
    if row[0] == FIXED:
        sure = int(math.ceil(row[1] / days))
        for k in range(len(out)):
            out[k] += sure
        return
    values_of(row, bits, choices, value)
    for k in range(len(out)):
        out[k] += int(np.ceil(value[k] / days))
