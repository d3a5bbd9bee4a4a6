"""The small model in SimPy: a process for each line and each delivery, and one that gives out."""

from __future__ import annotations

import random
from collections import deque

import simpy

from benchmarks.peers import CHANCE, FIRMS, LINES, WEEKLY, WEEKS


class Model:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.env = simpy.Environment()
        self.queue: deque[list[int]] = deque()
        self.stock = 0
        self.delivered = [[0] * FIRMS for _ in range(WEEKS)]
        self.waited = 0
        for number in range(LINES):
            self.env.process(self.line(number % FIRMS))
        self.env.process(self.give())

    def line(self, firm: int):
        week = int(self.random.random() * WEEKS)
        yield self.env.timeout(week)
        units = self.random.randint(1, 9)
        if self.random.random() < CHANCE:
            self.queue.append([firm, units, week])

    def give(self):
        yield self.env.timeout(0.5)  # after the week's arrivals
        while True:
            self.stock += WEEKLY
            while self.queue and self.stock:
                head = self.queue[0]
                units = min(head[1], self.stock)
                self.stock -= units
                head[1] -= units
                self.env.process(self.deliver(head[0], units, head[2]))
                if head[1] == 0:
                    self.queue.popleft()
            yield self.env.timeout(1)

    def deliver(self, firm: int, units: int, since: int):
        yield self.env.timeout(self.random.randint(1, 4))
        week = int(self.env.now)
        self.delivered[week][firm] += units
        self.waited += units * (week - since)

    def run(self) -> tuple[int, float]:
        self.env.run(until=WEEKS)
        total = sum(map(sum, self.delivered))
        return total, self.waited / total


def play(seed: int) -> tuple[int, float]:
    """Units delivered and their mean wait in one run."""
    return Model(seed).run()
