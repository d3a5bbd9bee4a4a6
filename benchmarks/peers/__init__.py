"""One small model of the lab written four times more: SimPy, Mesa, a loop in Numba, plain numbers.

104 weeks. 1,000 order lines of 5 firms come in random weeks, each of 1 to 9 units; 7 in 10 become
orders. Each week WEEKLY units come in. They are given first come, first served, in parts where they
do not reach; what is given is delivered 1 to 4 weeks later. Measured: units delivered by week and
firm, and the mean wait of a delivered unit in weeks.
"""

from __future__ import annotations

WEEKS, LINES, FIRMS, WEEKLY, CHANCE = 104, 1_000, 5, 30, 0.7
