"""Any sequence of changes: every ledger against a slow and obvious model.

The model keeps plain lists and counts everything again at every question. It shares no code with
the ledger: no counters, no lapse transfers, no drafts. It says what a permission must answer, and
what each account's headroom must be.
"""

import itertools
from datetime import timedelta
from fractions import Fraction

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ledger_kit import Book, OneRound, day, leg, terms, why

from interlock.law.terms import MayOwe, Period, Tolerance
from interlock.ledger import Ledger, OpenAccount, RefusedError
from interlock.store import SqliteLedger

OWE, WITHIN, WINDOW, SHARE = 20, 6, 5, Fraction(1, 5)
TERMS = {
    "plain": terms("plain"),
    "owe": terms("owe", may_owe=MayOwe(Fraction(OWE), timedelta(days=WITHIN))),
    "window": terms("window", window=timedelta(days=WINDOW), restored_by=("destroyed",)),
    "grace": terms("grace", tolerance=Tolerance(SHARE)),
    "month": terms("month", period=Period("month"), restored_by=("destroyed",)),
    "part": terms("part", parent="test/plain", parent_factor=Fraction(2)),
}
HOLDERS = ("x", "y")


class Slow:
    """Lists of what happened; every figure is a sum over them."""

    def __init__(self):
        self.credits = []  # account, amount
        self.reserved = []  # dict: group, account, amount, factor, gone, expires
        self.drawn = []  # dict: post, account, amount, factor, units, back, on
        self.shut = []  # account, holder
        self.under = {}  # account -> (below its floor within tolerance, below it by facts)

    @staticmethod
    def key(account, today):
        return f"{account}@{day(today):%Y-%m}" if account == "month" else account

    def open_amount(self, row, today):
        lapsed = row["expires"] is not None and row["expires"] <= today
        return 0 if lapsed else row["amount"] - row["gone"]

    def credited(self, account):
        return sum(amount for name, amount in self.credits if name == account)

    def posted(self, account, today, until=None):
        total = 0
        for row in self.drawn:
            if row["account"] != account or (until is not None and row["on"] > until):
                continue
            if account == "window" and row["on"] + WINDOW <= today:
                continue
            total += row["amount"] - row["back"]
        return total

    def available(self, account, today):
        pending = sum(self.open_amount(x, today) for x in self.reserved if x["account"] == account)
        return self.credited(account) - self.posted(account, today) - pending

    def least(self, account):
        return -OWE if account == "owe" else 0

    def headroom(self, account, today):
        return max(0, self.available(account, today) - self.least(account))

    def closed(self, account, holder, today):
        if (account, holder) in self.shut:
            return True
        late = self.posted(account, today, today - WITHIN) > self.credited(account)
        return account == "owe" and late

    def settle(self, account, today, allowed=0):
        """Split what lies below the floor; whether facts put more of it there than before."""
        tolerated, excess = self.under.get(account, (0, 0))
        below = max(0, self.least(account) - self.available(account, today))
        if below <= tolerated + excess:
            self.under[account] = (min(tolerated, below), max(0, below - tolerated))
            return False
        tolerated = max(tolerated, min(below - excess, allowed))
        self.under[account] = (tolerated, below - tolerated)
        return below - tolerated > excess

    def allowance(self, account, today):
        granted = self.credited(account)
        if account != "grace" or self.posted(account, today) >= granted:
            return 0
        return max(0, int(granted * SHARE))


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.slow = Slow()
        self.stores = (self.opened(), Ledger())
        self.books = [Book(x) for x in self.stores]
        self.number = itertools.count()
        self.today = 20
        self.groups = {}  # reserve id -> holder, legs
        self.posts = []

    def opened(self):
        return SqliteLedger(":memory:")

    def teardown(self):
        self.stores[0].close()

    def all_do(self, work):
        """The same on both ledgers; what both answered: None, or the refused accounts."""
        answers = []
        for book in self.books:
            try:
                work(book)
                answers.append(None)
            except RefusedError as error:
                answers.append({x.account for x in error.lacks})
        assert answers[0] == answers[1]
        return answers[0]

    def name(self, kind):
        return f"{kind}-{next(self.number)}"

    @initialize()
    def open_all(self):
        for name, made in TERMS.items():
            parent = "plain" if name == "part" else ""
            change = OpenAccount(f"o-{name}", why(day(0)), name, made, "", parent)
            self.all_do(lambda book, change=change: book.do(change, 0))
        for name in TERMS:  # enough to go on with; grants come later too
            self.grant(name, 60 if name == "plain" else 25)

    @rule(days=st.integers(1, 8))
    def time_passes(self, days):
        self.today += days

    @rule(account=st.sampled_from(sorted(TERMS)), amount=st.integers(1, 30))
    def more_is_granted(self, account, amount):
        self.grant(account, amount)

    def grant(self, account, amount):
        name = self.name("g")
        self.all_do(lambda book: book.grant(name, account, amount, self.today))
        self.slow.credits.append((self.slow.key(account, self.today), amount))
        self.slow.settle(self.slow.key(account, self.today), self.today)

    def needs(self, accounts, quantity):
        """Keyed account -> amount, the whole's share of a part included."""
        needed = {}
        for name, factor in accounts.items():
            needed[self.slow.key(name, self.today)] = (name, factor, factor * quantity)
        if "part" in accounts:
            factor = accounts["part"] * 2
            needed["plain"] = ("plain", factor, factor * quantity)
        return needed

    @rule(
        accounts=st.dictionaries(
            st.sampled_from(sorted(TERMS)), st.integers(1, 3), min_size=1, max_size=3
        ),
        quantity=st.integers(1, 6),
        holder=st.sampled_from(HOLDERS),
        lasts=st.one_of(st.none(), st.integers(1, 10)),
    )
    def reserve(self, accounts, quantity, holder, lasts):
        if "part" in accounts:
            accounts.pop("plain", None)  # it is drawn through its part
        name, needed, slow, today = (
            self.name("r"),
            self.needs(accounts, quantity),
            self.slow,
            self.today,
        )
        lacking = {
            key
            for key, (_, _, amount) in needed.items()
            if slow.closed(key, holder, today)
            or slow.available(key, today) - amount < slow.least(key)
        }
        legs = tuple(leg(account, factor) for account, factor in accounts.items())
        more = {"holder": holder} | ({"expires": today + lasts} if lasts else {})
        refused = self.all_do(lambda book: book.reserve(name, legs, quantity, today, **more))
        assert (refused or set()) == lacking
        if not lacking:
            self.groups[name] = holder
            for key, (account, factor, amount) in needed.items():
                slow.reserved.append(
                    {"group": name, "account": key, "base": account, "amount": amount, "gone": 0,
                     "factor": factor, "expires": today + lasts if lasts else None}
                )  # fmt: skip

    def left(self, group):
        rows = [x for x in self.slow.reserved if x["group"] == group]
        return min(self.slow.open_amount(x, self.today) // x["factor"] for x in rows), rows

    @precondition(lambda self: self.groups)
    @rule(data=st.data(), part=st.integers(-4, 3), fact=st.booleans())
    def post(self, data, part, fact):
        group = data.draw(st.sampled_from(sorted(self.groups)))
        holder, (left, rows) = self.groups[group], self.left(group)
        quantity = max(1, left + part)
        slow, today, name = self.slow, self.today, self.name("p")
        exceeding = any(x["base"] == "grace" for x in rows)
        lacking, plan = set(), []
        for row in rows:
            key, amount = slow.key(row["base"], today), quantity * row["factor"]
            left = slow.open_amount(row, today)
            drawn = min(amount, left)
            extra = amount if key != row["account"] else amount - drawn
            allowed = slow.allowance(key, today)
            outside = amount - left > allowed if row["base"] == "grace" else not exceeding
            bad = slow.closed(key, holder, today)
            bad = bad or (amount > left and (left == 0 or outside))
            bad = bad or (extra and slow.available(key, today) - extra < slow.least(key) - allowed)
            if bad:
                lacking.add(key)
            plan.append((row, key, amount, drawn))
        refused = self.all_do(lambda book: book.post(name, group, today, quantity, fact=fact))
        assert (refused or set()) == (set() if fact else lacking)
        if refused:
            return
        for row, key, amount, drawn in plan:
            slow.settle(key, today)
            allowed = slow.allowance(key, today)
            row["gone"] += drawn
            self.record_draw(name, key, amount, row["factor"], quantity)
            if slow.settle(key, today, allowed):
                assert fact
                slow.shut.append((key, holder))
        self.posts.append((name, quantity))

    def record_draw(self, name, key, amount, factor, units):
        self.slow.drawn.append(
            {"post": name, "account": key, "amount": amount, "factor": factor, "units": units,
             "back": 0, "gone_back": 0, "on": self.today}
        )  # fmt: skip

    @precondition(lambda self: self.groups)
    @rule(data=st.data())
    def void(self, data):
        group = data.draw(st.sampled_from(sorted(self.groups)))
        _, rows = self.left(group)
        if not any(self.slow.open_amount(x, self.today) for x in rows):
            return
        name = self.name("v")
        assert self.all_do(lambda book: book.void(name, group, self.today)) is None
        for row in rows:
            row["gone"] += self.slow.open_amount(row, self.today)

    @precondition(lambda self: self.posts)
    @rule(data=st.data(), quantity=st.integers(1, 5))
    def give_back(self, data, quantity):
        post, units = data.draw(st.sampled_from(self.posts))
        rows = [x for x in self.slow.drawn if x["post"] == post]
        if rows[0]["gone_back"] + quantity > units:
            return
        name = self.name("b")
        self.all_do(lambda book: book.back(name, post, quantity, self.today, "destroyed"))
        for row in rows:
            row["gone_back"] += quantity
            base = row["account"].partition("@")[0]
            if base == "month" or (base == "window" and row["on"] + WINDOW > self.today):
                row["back"] += quantity * row["factor"]

    @rule(
        account=st.sampled_from(["plain", "owe", "grace"]),
        amount=st.integers(-9, 5).filter(bool),
        holder=st.sampled_from(HOLDERS),
    )
    def adjust(self, account, amount, holder):
        name = self.name("a")
        self.slow.settle(account, self.today)
        self.all_do(lambda book: book.adjust(name, account, amount, self.today, holder))
        self.slow.credits.append((account, amount))
        if self.slow.settle(account, self.today):
            self.slow.shut.append((account, holder))

    @precondition(lambda self: self.slow.shut)
    @rule(again=st.booleans())
    def settle_everything(self, again):
        for found in self.stores[1].discrepancies(unsettled=True):
            name = self.name("s")
            self.all_do(lambda book, n=name, d=found.id: book.settle(n, d, self.today))
        self.slow.shut.clear()
        if again:  # draws go on, on new ground
            for name in TERMS:
                self.grant(name, 15)

    @invariant()
    def headroom_is_the_models(self):
        found = [x.headroom(now=day(self.today)) for x in self.stores]
        expected = {
            name: self.slow.headroom(self.slow.key(name, self.today), self.today)
            for name in (TERMS if found[0] else ())
        }
        assert found == [expected, expected]

    @invariant()
    def what_lies_below_the_floor_is_the_models(self):
        for account in TERMS:
            if account != "month" and self.stores[0].account(account):
                found = self.stores[0].counters(account, now=day(self.today))
                self.slow.settle(account, self.today)
                assert (found.tolerated, found.excess) == self.slow.under[account]

    @invariant()
    def shut_is_the_models(self):
        shut = {(x.account, x.holder) for x in self.stores[1].discrepancies(unsettled=True)}
        assert shut == set(self.slow.shut)

    @invariant()
    def both_ledgers_are_alike_and_count_right(self):
        real, pure = self.stores
        assert self.unnumbered(real.transfers()) == self.unnumbered(pure.transfers())
        assert real.discrepancies() == pure.discrepancies()
        assert real.verify() is None
        assert pure.verify() is None

    def unnumbered(self, transfers):
        return transfers

    @invariant()
    def balances_by_recount_agree(self):
        now = day(self.today)
        for account in self.stores[0].accounts():
            if account.base == "" and account.terms.period:
                continue
            balance = self.stores[0].balance(account.id, at=now, known=now)
            counters = self.stores[0].counters(account.id, now=now)
            assert balance[3:7] == counters[:4]
            assert balance.available == self.slow.available(account.id, self.today)


class PostgresMachine(LedgerMachine):
    """The same in a transaction of PostgreSQL, which is rolled back in the end."""

    url = ""

    def opened(self):
        self.connection = psycopg.connect(self.url)
        return OneRound(self.connection, "postgresql")

    def teardown(self):
        self.connection.rollback()
        self.connection.close()

    def unnumbered(self, transfers):
        return [x._replace(seq=0) for x in transfers]  # numbers have gaps there


COMMON = settings(
    stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
LedgerMachine.TestCase.settings = settings(COMMON, max_examples=70)
PostgresMachine.TestCase.settings = settings(COMMON, max_examples=15)
TestLedgerMachine = LedgerMachine.TestCase


class TestPostgresMachine(PostgresMachine.TestCase):
    @pytest.fixture(autouse=True)
    def server(self, pg_url):
        PostgresMachine.url = pg_url
