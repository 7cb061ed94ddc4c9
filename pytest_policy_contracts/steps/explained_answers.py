"""Whether what the callers of an aggregator were told may be so: a model of evaluations, from what its providers saw.

An evaluation asks every provider once, at the same moment; the provider that is always there tells one from another. An
answer is *explained* by an evaluation whose calls say what it says, which all providers of that moment took part in, of which
none came or went meanwhile, and which ended after the call or less than the cache TTL before it.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from pytest_policy_contracts.environment.supplied_providers import Call, Change, Chronicle, number_in
from pytest_policy_contracts.steps import aggregating
from pytest_policy_contracts.steps.aggregating import (
    ANSWERS,
    CACHES,
    CONCURRENT,
    CUTS_OFF,
    KNOWS_UNKNOWN,
    NEWEST,
    ONE_FOR_ALL,
    SURVIVES_PANICS,
    TELLS_ERRORS,
    Told,
    limit_of,
    listed,
    ttl_of,
)
from pytest_policy_contracts.steps.asking_together import ANCHOR, Asking
from pytest_policy_contracts.verification.violations import ContractViolation, Precondition, left_to
from pytest_policy_contracts.verification.world import World

SAME_MOMENT_SECONDS = 0.005
"""Within so long the calls of one evaluation begin, whatever the aggregator does in between."""

MOST_FOR_A_MOMENT = 2
"""How many evaluations callers of one moment may cause: one, and another one for those who forced after it had begun."""

_TICK_SECONDS = 1e-5


@dataclass(slots=True)
class Evaluation:
    """One evaluation, as its providers saw it: what belongs to it began when the call of the anchor did."""

    anchor: Call
    calls: dict[str, list[Call]]

    @property
    def number(self) -> int:
        """The how-manieth it is."""
        return self.anchor.number


class Model:
    """What happened to the providers of a run, evaluation by evaluation."""

    def __init__(self, world: World) -> None:
        chronicle: Chronicle = world.seen.chronicle
        self.askings: Sequence[Asking] = world.seen.askings
        self.ttl = ttl_of(world)
        self._limit = limit_of(world)
        self._changes: Sequence[Change] = chronicle.changes
        # One change is made after the other, so that both are in order.
        self._begins = [one.began for one in chronicle.changes]
        self._ends = [one.ended or sys.maxsize for one in chronicle.changes]
        self.evaluations = [Evaluation(anchor, {}) for anchor in chronicle.calls.get(ANCHOR, ())]
        self._gather(chronicle)
        self._states = list(self._all_states())

    def _gather(self, chronicle: Chronicle) -> None:
        """Give every call to the evaluations that began with it; evaluations of one moment share theirs."""
        for name, calls in chronicle.calls.items():
            first = 0
            for call in calls if name != ANCHOR else ():
                while first < len(self.evaluations) and self._began(first) < call.began_at - SAME_MOMENT_SECONDS:
                    first += 1
                for one in self._beginning_with(call, first):
                    one.calls.setdefault(name, []).append(call)

    def _began(self, index: int) -> float:
        return self.evaluations[index].anchor.began_at

    def _beginning_with(self, call: Call, first: int) -> Iterator[Evaluation]:
        for index in range(first, len(self.evaluations)):
            if self._began(index) > call.began_at + SAME_MOMENT_SECONDS:
                return
            yield self.evaluations[index]

    def _all_states(self) -> Iterator[dict[str, int]]:
        """Yield which providers there are, each with its generation, before the first change and after each."""
        state: dict[str, int] = {}
        yield state
        for change in self._changes:
            state = {name: generation for name, generation in state.items() if name != change.name}
            if change.generation:
                state[change.name] = change.generation
            yield state

    # -- what stands behind an answer -------------------------------------------------------------------------------------

    def behind(self, asking: Asking) -> Evaluation:
        """Return the evaluation behind an answer."""
        number = next((number_in(one.message) for one in asking.reports if one.module == ANCHOR), 0)
        if not 0 < number <= len(self.evaluations):
            with left_to(ANSWERS, SURVIVES_PANICS, CUTS_OFF):
                raise ContractViolation(
                    expected=f"the report of {ANCHOR}, as it gave it", observed=listed(asking.reports)
                )
        return self.evaluations[number - 1]

    def calls_behind(self, asking: Asking) -> list[list[Call]]:
        """Return one call for each provider in an answer, in every way in which they may stand behind it."""
        evaluation = self.behind(asking)
        fitting = [[evaluation.anchor]]
        fitting += [self._fitting(evaluation, told, asking) for told in asking.reports if told.module != ANCHOR]
        return [list(calls) for calls in product(*fitting)]

    def _fitting(self, evaluation: Evaluation, told: Told, asking: Asking) -> list[Call]:
        """Return the calls that a report may come from; leave a report without one to whoever it may be."""
        number = number_in(told.message)
        calls = evaluation.calls.get(told.module, ())
        fitting = [one for one in calls if one.status is told.status and number in (0, one.number)]
        if not fitting:
            said = "; ".join(f"call {one.number} said {one.status}" for one in calls) or "it was not asked then"
            with left_to(ANSWERS, KNOWS_UNKNOWN, SURVIVES_PANICS, TELLS_ERRORS, CUTS_OFF, CONCURRENT, CACHES):
                raise ContractViolation(
                    expected=f"{told.module} as it was when evaluation {evaluation.number} was made: {said}",
                    observed=str(asking),
                )
        return fitting

    def ended(self, calls: Iterable[Call], asking: Asking) -> tuple[int, float]:
        """Return the place and the moment of the end of the last call that an answer needed."""
        over = [(one.ended, one.ended_at) for one in calls if 0 < one.ended <= asking.returned]
        cut_off = [one.began_at + self._limit for one in calls if not 0 < one.ended <= asking.returned]
        place = asking.returned if cut_off else max(over)[0]
        return place, max([*(moment for _, moment in over), *cut_off])

    def states_during(self, began: int, ended: int) -> list[dict[str, int]] | None:
        """Return which providers there may have been all the time; None where one came or went meanwhile."""
        inside = bisect_right(self._begins, began)
        if inside < len(self._ends) and self._ends[inside] < ended:
            return None
        return self._states[bisect_left(self._ends, began) : bisect_left(self._begins, ended) + 1]


# -- claims ---------------------------------------------------------------------------------------------------------------


def claim_explained(world: World) -> None:
    """Claim that every answer is explained by some evaluation."""
    model = Model(world)
    for asking in model.askings:
        if asking.returned:
            _claim_sums_up(asking)
            _claim_some(model, asking, _claim_all)
    with left_to(NEWEST, CACHES):
        _claim_newest(model)


def claim_newest(world: World) -> None:
    """Claim that no answer is older than one that had been given before the call."""
    _claim_newest(Model(world))


def claim_sets(world: World) -> None:
    """Claim that every answer has the providers that were there all through its evaluation."""
    model = Model(world)
    for asking in model.askings:
        if asking.returned:
            _claim_some(model, asking, _claim_set)


def claim_forced(world: World) -> None:
    """Claim that every forced caller got the answer of an evaluation that began after its call."""
    model = Model(world)
    for asking in model.askings:
        if asking.force and asking.returned:
            _claim_began_after(model, asking)


def claim_needed(world: World) -> None:
    """Claim that for every evaluation somebody was waiting for whom none of the earlier ones would have done.

    Forced callers of one moment share an evaluation, or wait together for the one after it; where callers go in the order in
    which they came, that can be counted.
    """
    model = Model(world)
    if not any(world.plan.choices.decisions) and len(model.evaluations) > MOST_FOR_A_MOMENT:
        raise ContractViolation(
            expected=f"at most {MOST_FOR_A_MOMENT} evaluations for {len(model.askings)} callers who ask at the same moment",
            observed=f"{len(model.evaluations)} evaluations",
        )
    for evaluation in model.evaluations:
        waiting = [one for one in model.askings if _waits(one, evaluation)]
        if waiting and not any(_needs(model, one, evaluation) for one in waiting):
            began = evaluation.anchor.began_at
            raise ContractViolation(
                expected=f"{len(model.askings)} callers need no evaluation that begins at {began:g} s",
                observed=f"{len(model.evaluations)} evaluations, of which number {evaluation.number} began then",
            )


# -- how they are judged --------------------------------------------------------------------------------------------------


def _claim_sums_up(asking: Asking) -> None:
    """Health has to follow from the reports beside it; the providers of these scenarios are all required."""
    expected = aggregating.worst(asking.reports)
    for name, found in (("health", asking.health), ("readiness", asking.readiness)):
        if found is not expected:
            observed = f"{name} is {found}, of {listed(asking.reports)}"
            raise Precondition(ANSWERS, KNOWS_UNKNOWN, expected=f"{name} is {expected}", observed=observed)


def _claim_some(model: Model, asking: Asking, claim: Callable[[Model, Asking, Sequence[Call]], None]) -> None:
    """Claim something of the calls behind an answer: where errors tell no numbers, of some that may be those."""
    *others, last = model.calls_behind(asking)
    for calls in others:
        try:
            return claim(model, asking, calls)
        except (ContractViolation, Precondition):
            continue
    return claim(model, asking, last)


def _claim_all(model: Model, asking: Asking, calls: Sequence[Call]) -> None:
    with left_to(NEWEST, SURVIVES_PANICS, TELLS_ERRORS, CUTS_OFF, CONCURRENT):
        _claim_set(model, asking, calls)
    with left_to(CACHES, ONE_FOR_ALL, CUTS_OFF):
        _claim_young_enough(model, asking, calls)


def _claim_set(model: Model, asking: Asking, calls: Sequence[Call]) -> None:
    anchor = model.behind(asking).anchor
    states = model.states_during(anchor.began, model.ended(calls, asking)[0])
    if states is None:
        raise ContractViolation(
            expected="a new evaluation, since a provider came or went during this one", observed=str(asking)
        )
    told = {one.provider: one.generation for one in calls}
    if told not in states:
        expected = " or ".join(sorted({", ".join(sorted(state)) for state in states}))
        raise ContractViolation(expected=f"an answer of {expected}", observed=str(asking))


def _claim_young_enough(model: Model, asking: Asking, calls: Sequence[Call]) -> None:
    if asking.force:
        _claim_began_after(model, asking)
        return
    moment = model.ended(calls, asking)[1]
    if moment + model.ttl <= asking.called_at - _TICK_SECONDS:
        raise ContractViolation(
            expected=f"an answer that is less than {model.ttl:g} s old", observed=f"one of {moment:g} s: {asking}"
        )


def _claim_began_after(model: Model, asking: Asking) -> None:
    anchor = model.behind(asking).anchor
    if anchor.began < asking.called:
        raise ContractViolation(
            expected=f"the answer to a forced caller of {asking.called_at:g} s is of an evaluation that began after its call",
            observed=f"it is of number {anchor.number}, which had begun at {anchor.began_at:g} s",
        )


def _claim_newest(model: Model) -> None:
    """Go through calls and answers in their order, and remember the newest answer that was given."""
    answered = [one for one in model.askings if one.returned]
    events = [(one.called, False, one) for one in answered] + [(one.returned, True, one) for one in answered]
    newest, before = 0.0, {}
    for _, returns, asking in sorted(events, key=lambda event: event[0]):
        if not returns:
            before[id(asking)] = newest
            continue
        began_at = model.behind(asking).anchor.began_at
        if began_at < before[id(asking)]:
            raise ContractViolation(
                expected=f"an answer at least as new as that of {before[id(asking)]:g} s, given before the call",
                observed=f"the answer of an evaluation that began at {began_at:g} s: {asking}",
            )
        newest = max(newest, began_at)


def _waits(asking: Asking, evaluation: Evaluation) -> bool:
    return asking.called < evaluation.anchor.began and not 0 < asking.returned < evaluation.anchor.began


def _needs(model: Model, asking: Asking, evaluation: Evaluation) -> bool:
    """Tell whether none of the evaluations that had begun before this one would do for a caller."""
    return not any(
        _serves(model, one.anchor, asking) for one in model.evaluations if one.anchor.began < evaluation.anchor.began
    )


def _serves(model: Model, anchor: Call, asking: Asking) -> bool:
    if asking.force:
        # Between a call and a provider's there are steps of the aggregator: of one moment the order says nothing.
        return anchor.began_at > asking.called_at
    under_way = not anchor.ended or anchor.ended > asking.called
    given = any(0 < one.returned < asking.called and model.behind(one).anchor is anchor for one in model.askings)
    return under_way or (given and asking.called_at < anchor.began_at + model.ttl)
