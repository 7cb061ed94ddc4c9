"""Who runs next: the scheduling policies.

A policy answers three questions, each with an index where 0 is the undisturbed answer (the oldest ready task, the running
thread, the fastest environment), so that a list of zeros is a first-in-first-out run and shrinking has a direction.

Sources: PCT is Burckhardt et al., ASPLOS 2010; POS is Yuan et al., CAV 2018; the mixture of them was measured on eight
seeded bugs (half random walk, a quarter PCT-3, an eighth each POS and PCT-2).
"""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence

Actors = Sequence[Hashable]

SWITCH_PROBABILITY = 0.15
"""How often a random walk leaves a running thread at a switch point; higher values mostly thrash."""


class Policy:
    """First in, first out: never reorders, never delays. Base of the others."""

    stock = True
    """True where ready tasks keep the order of the stock event loop, so that only draws vary."""

    def choose(self, actors: Actors, step: int) -> int:
        """Return the index of the ready actor to run; index 0 has been ready longest."""
        return 0

    def switch(self, actors: Actors, step: int) -> int:
        """Return the index of the thread to go on with; index 0 is the one that is running."""
        return 0

    def draw(self, n: int) -> int:
        """Return an environment decision in `range(n)`; 0 is the plain one."""
        return 0


class InOrder(Policy):
    """First in, first out, with every decision counted: the run that calibrates a search."""

    stock = False


class Latencies(Policy):
    """Stock order of ready tasks; arrivals and latencies vary."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def draw(self, n: int) -> int:
        return int(self._random() * n)


class RandomWalk(Policy):
    """Every ready actor is equally likely; a running thread is left with a fixed probability."""

    stock = False

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def choose(self, actors: Actors, step: int) -> int:
        return int(self._random() * len(actors))

    def switch(self, actors: Actors, step: int) -> int:
        if self._random() < SWITCH_PROBABILITY:
            return 1 + int(self._random() * (len(actors) - 1))
        return 0

    def draw(self, n: int) -> int:
        return int(self._random() * n)


class PCT(Policy):
    """Random priorities, lowered at `depth - 1` random moments: finds what needs somebody starved.

    Actors may appear at any time and then get a random rank. After `fair_after` decisions the choice is uniform, because
    strict priorities starve loops that wait for somebody else.
    """

    stock = False

    def __init__(self, seed: int, depth: int, horizon: int, fair_after: int = 2000) -> None:
        source = random.Random(seed)
        span = max(horizon, depth)
        self._random = source.random
        self._change_points = frozenset(source.sample(range(span), depth - 1))
        self._priorities: dict[Hashable, float] = {}
        self._lowest = 0.0
        self._fair_after = fair_after

    def choose(self, actors: Actors, step: int) -> int:
        if step > self._fair_after:
            return int(self._random() * len(actors))
        best = self._highest(actors)
        if step in self._change_points:
            self._lowest -= 1.0
            self._priorities[actors[best]] = self._lowest
            best = self._highest(actors)
        return best

    switch = choose

    def _highest(self, actors: Actors) -> int:
        priorities = self._priorities
        best, best_priority = 0, float("-inf")
        for index, actor in enumerate(actors):
            priority = priorities.get(actor)
            if priority is None:
                priority = priorities[actor] = 1.0 + self._random()
            if priority > best_priority:
                best, best_priority = index, priority
        return best

    def draw(self, n: int) -> int:
        return int(self._random() * n)


class POS(Policy):
    """One random priority per event: like PCT without a depth to guess."""

    stock = False

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random
        self._priorities: dict[Hashable, float] = {}

    def choose(self, actors: Actors, step: int) -> int:
        priorities = self._priorities
        best, best_priority = 0, -1.0
        for index, actor in enumerate(actors):
            priority = priorities.get(actor)
            if priority is None:
                priority = priorities[actor] = self._random()
            if priority > best_priority:
                best, best_priority = index, priority
        del priorities[actors[best]]
        return best

    switch = choose

    def draw(self, n: int) -> int:
        return int(self._random() * n)


class Preempt(Policy):
    """Leave the running actor exactly once, at decision `at`: the sweep over single switches."""

    stock = False

    def __init__(self, at: int, to: int = 1) -> None:
        self._at = at
        self._to = to

    def choose(self, actors: Actors, step: int) -> int:
        return min(self._to, len(actors) - 1) if step == self._at else 0

    switch = choose


class Recorded(Policy):
    """Answers from a recorded list; 0 beyond its end, and the nearest possible answer where it does not fit."""

    def __init__(self, decisions: Sequence[int], *, stock: bool) -> None:
        self._decisions = decisions
        self._position = 0
        self.stock = stock
        self.diverged = False

    def choose(self, actors: Actors, step: int) -> int:
        return self.draw(len(actors))

    switch = choose

    def draw(self, n: int) -> int:
        position = self._position
        self._position = position + 1
        if position >= len(self._decisions):
            return 0
        answer = self._decisions[position]
        if answer >= n:
            self.diverged = True
            return n - 1
        return answer


def portfolio(number: int, seed: int, horizon: int) -> Policy:
    """Return the policy of schedule `number` (0, 1, 2 …) of a run with `seed`.

    `horizon` is the number of decisions of the longest run seen so far; PCT spreads its change points over it.
    """
    own_seed = seed * 1_000_003 + number
    kind = number % 8
    if kind in (0, 2, 4, 6):
        return RandomWalk(own_seed)
    if kind in (1, 5):
        return PCT(own_seed, 3, horizon)
    return POS(own_seed) if kind == 3 else PCT(own_seed, 2, horizon)
