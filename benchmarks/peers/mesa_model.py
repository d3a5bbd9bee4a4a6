"""The small model in Mesa: an agent for each order line, stepped each week."""

from __future__ import annotations

import mesa

from benchmarks.peers import CHANCE, FIRMS, LINES, WEEKLY, WEEKS


class Line(mesa.Agent):
    def __init__(self, model: Model, firm: int) -> None:
        super().__init__(model)
        self.firm = firm
        self.week = int(model.random.random() * WEEKS)
        self.left = model.random.randint(1, 9)
        self.wanted = model.random.random() < CHANCE
        self.coming: list[tuple[int, int]] = []

    def step(self) -> None:
        model = self.model
        if self.week <= model.now and self.wanted and self.left and model.stock:
            units = min(self.left, model.stock)
            model.stock -= units
            self.left -= units
            self.coming.append((model.now + model.random.randint(1, 4), units))

    def arrive(self) -> None:
        model = self.model
        for due, units in self.coming:
            if due == model.now:
                model.delivered[due][self.firm] += units
                model.waited += units * (due - self.week)


class Model(mesa.Model):
    def __init__(self, seed: int) -> None:
        super().__init__(rng=seed)
        self.now, self.stock, self.waited = 0, 0, 0
        self.delivered = [[0] * FIRMS for _ in range(WEEKS)]
        made = [Line(self, number % FIRMS) for number in range(LINES)]
        # First come, first served: agents are stepped in the order in which they come.
        self.order = sorted(made, key=lambda line: line.week)

    def step(self) -> None:
        self.stock += WEEKLY
        for line in self.order:
            line.step()
        self.agents.do("arrive")
        self.now += 1


def play(seed: int) -> tuple[int, float]:
    """Units delivered and their mean wait in one run."""
    model = Model(seed)
    for _ in range(WEEKS):
        model.step()
    total = sum(map(sum, model.delivered))
    return total, model.waited / total
