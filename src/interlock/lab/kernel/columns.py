"""Columns of the tables that the kernel steps: one row for each thing, so that a look at it costs
one or two cache lines, and a call passes few arrays (compiling many takes minutes).

Widths of tables that are looked at for every order are powers of two: a row is found by a shift.
"""  # noqa: D205

from __future__ import annotations

# A leg of a set: account, integers drawn for one unit, stage at which it posts (0 allocation,
# 1 shipment, 2 entry or later).
LEG_ACCOUNT, LEG_AMOUNT, LEG_POST = range(3)
PLAIN = 8  # a set of legs without periods, windows, debts and tolerances: what is reserved posts

# A group: the lines of one demand. MODE 0 so many lines, 1 Poisson, 2 at intervals; MOST lines that
# room is kept for, from PLACE on in the tables of lines; SIZE and PATIENCE rows of distributions.
(G_SERIES, G_QUEUE, G_LOT, G_MODE, G_START, G_END, G_SIZE, G_PATIENCE, G_STREAM, G_MOST,
 G_PLACE) = range(11)  # fmt: skip
G_WIDTH = 16

# A queue: demands that the law and the world cannot tell apart stand in one. OPTION is the first of
# its options, MOST lines that there is room for, FIRM whose domestic purchases they move, SERIES
# that to which all its lines belong (-1 several).
(Q_FIRM, Q_LOT, Q_TIER, Q_OPTION, Q_OPTION_END, Q_MOST, Q_SERIES) = range(7)
Q_WIDTH = 8
QR_WEIGHT, QR_LEAST = range(2)

# The terms of an account; see kernel/accounts.
(FLOOR, WINDOW, WITHIN, ROW, TOLERANCE, SHARE_NUM, SHARE_DEN, CLOSES, KIND, RESTORED,
 PERIOD) = range(11)  # fmt: skip
TERMS_WIDTH = 16

# A flow, a licence, a shock, a limit of domestic production; -1 is none.
FLOW_START, FLOW_END, FLOW_EVERY, FLOW_QUANTITY, FLOW_LEVEL, FLOW_STREAM = range(6)
LICENCE_DAY, LICENCE_AFTER, LICENCE_QUANTITY, LICENCE_ROUND, LICENCE_STREAM = range(5)
SHOCK_DAY, SHOCK_AFTER, SHOCK_LASTS, SHOCK_AGAIN, SHOCK_STREAM = range(5)
LIMIT_STOCK, LIMIT_RATE, LIMIT_STORED, LIMIT_STREAM = range(4)

# How things go: rows of distributions, the rule of sharing (0 first-come, then as in
# `sharing.compiled.PATHS`), steps between two acts of sharing, steps that a reservation holds.
(LEAD, TRANSIT, CUSTOMS, OVERRUN, RETURN_DAYS, WAY, RULE, EVERY, EXPIRES, STEP_DAYS, STEPS, HOME,
 ACCEPTED, HOME_STREAM) = range(14)  # fmt: skip
WAYS_WIDTH = 14
RETURNS, COMPLIANCE = range(2)

# An order line. PLACE in the tables of lines by group and number; LUCK: 32 bits; SEQ: its place
# among the orders while it stands in the queue of keen lines, else NOT_LINKED.
L_GROUP, L_ASK, L_LEFT, L_STEP, L_PLACE, L_TURN, L_SEQ, L_LUCK = range(8)
L_WIDTH = 8
NOT_LINKED = -1

# What is kept of a queue in a run: how many of its lines are fresh and shy, where its ring of keen
# lines starts and how many stand in it, units that wait, units of keen lines, the option taken,
# what stops it (an account; -1 the law; -2 nothing), whether a lot can be taken, where the legs of
# its option start, where its lines start in the lists of lines, and how many there is room for.
(FRESH, SHY, KEEN, KEEN_MANY, OPEN, KEEN_UNITS, OPTION, CAUSE, ROOM, FIRST, PLACE,
 MOST) = range(12)  # fmt: skip
KEPT_WIDTH = 16
# Who is next in a queue: place among the orders, line, queue, where the ring goes on, how many.
H_SEQ, H_LINE, H_QUEUE, H_AT, H_MANY = range(5)
H_WIDTH = 8

# An allocation. SHIPPED and ENTERED are steps; before it ships, SHIPPED holds the steps on the way,
# and before it enters, ENTERED holds the steps after which it comes back (-1 never). NEXT links
# those of a list that it waits in: to be shipped, to enter, to go back. Once it has entered, OPTION
# holds the set of legs by the law of that day (-1 none), which may be another than LEGS.
(A_LINE, A_SERIES, A_OPTION, A_LEGS, A_UNITS, A_EXTRA, A_MADE, A_SHIPPED, A_ENTERED, A_STAGE,
 A_NEXT, A_NEXT_EXPIRY) = range(12)  # fmt: skip
A_WIDTH = 12

# What is due on a step: heads and tails of lists, where its arrivals start, lines that end.
(SHIP, SHIP_END, ENTRY, ENTRY_END, GIVE_BACK, GIVE_BACK_END, EXPIRY, EXPIRY_END, ARRIVALS,
 CUTS) = range(10)  # fmt: skip
DUE_WIDTH = 10

# Counts of a run: allocations, reservations that ended, what did not fit, lines that were just
# given something.
COUNT_MADE, COUNT_ENDED, COUNT_FULL, COUNT_GIVEN = range(4)

# Results: by step, of a run, of an account.
ASKED, ALLOCATED, SHIPPED, DELIVERED, WAITING = range(5)
WAIT_DAYS, RETURNED, CANCELLED, RELUCTANT, SHUT, HELD = range(6)
CREDITED, USED, LEFT, BLOCKED = range(4)
