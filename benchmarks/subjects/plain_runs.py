"""What plain asyncio, or plain threads, show of a race: the same calls and the same claims without the suite.

Rules: the stock event loop and real threads, in the order that the machine happens to choose. Waits of the subjects are
shortened to one turn (`sleep(0)`), or a thousand runs would take an hour; nothing else is changed. It must not use the
simulation: it is what the simulation is compared with.
"""

import asyncio
import copy
import inspect
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pytest_policy_contracts import ReloadableHarness

PATIENCE_SECONDS = 5.0
ASKING = 20
"""Callers beside each other that ask whether a module can reload."""

_turn = asyncio.sleep
_pause = time.sleep


def shown(harness: ReloadableHarness, clause: str, runs: int) -> int:
    """Return in how many of `runs` plain runs the subject visibly broke the clause (RLD-002, RLD-013 or RLD-014)."""
    check = _CHECKS[clause]
    with _short_waits():
        setting = Setting(harness)
        return sum(check(setting) for _ in range(runs))


@contextmanager
def _short_waits() -> Iterator[None]:
    async def one_turn(delay: float, result: object = None) -> object:
        return await _turn(0, result)

    asyncio.sleep, time.sleep = one_turn, lambda seconds: _pause(0)  # type: ignore[assignment]
    try:
        yield
    finally:
        asyncio.sleep, time.sleep = _turn, _pause


class Setting:
    """One harness, and what its subjects may end up with."""

    def __init__(self, harness: ReloadableHarness) -> None:
        self.harness: Any = harness
        subject = harness.create()
        self.is_async = inspect.iscoroutinefunction(subject.reload)
        self.before = self.settings(subject)
        self.sets = [self.harness.changes, self.harness.alternative_changes]
        self.serial = {order: self._state_after(order) for order in _orders(len(self.sets))}

    def settings(self, subject: Any) -> Any:
        """Return a copy of what the harness shows."""
        return copy.deepcopy(self.harness.snapshot(subject))

    def _state_after(self, order: Sequence[int]) -> Any:
        subject = self.harness.create()
        for number in order:
            self.at_once([lambda number=number: subject.reload(self.sets[number]())])  # type: ignore[misc]
        return self.settings(subject)

    def at_once(self, calls: Sequence[Callable[[], Any]], reading: Callable[[], Any] | None = None) -> list[Any]:
        """Make the calls beside each other, with `reading` as often as fits in; return what they returned or raised."""
        if self.is_async:
            return asyncio.run(_as_tasks(calls, reading))
        return _on_threads(calls, reading)


def _orders(number: int) -> list[tuple[int, ...]]:
    return [order for length in range(number + 1) for order in itertools.permutations(range(number), length)]


async def _as_tasks(calls: Sequence[Callable[[], Any]], reading: Callable[[], Any] | None) -> list[Any]:
    tasks = [asyncio.ensure_future(_called(call)) for call in calls]
    while reading is not None and not all(task.done() for task in tasks):
        reading()
        await _turn(0)
    return list(await asyncio.gather(*tasks, return_exceptions=True))


async def _called(call: Callable[[], Any]) -> Any:
    result = call()
    return await result if inspect.isawaitable(result) else result


def _on_threads(calls: Sequence[Callable[[], Any]], reading: Callable[[], Any] | None) -> list[Any]:
    results: list[Any] = [None] * len(calls)
    together = threading.Barrier(len(calls) + 1)

    def run(number: int, call: Callable[[], Any]) -> None:
        together.wait(PATIENCE_SECONDS)
        try:
            results[number] = call()
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    together.wait(PATIENCE_SECONDS)
    while reading is not None and any(thread.is_alive() for thread in threads):
        reading()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return results


# -- the claims ----------------------------------------------------------------------------------------


def _answers_are_broken(setting: Setting) -> bool:
    subject = setting.harness.create()
    calls = [subject.can_reload] * ASKING
    answers = setting.at_once([lambda: subject.reload(setting.harness.changes()), *calls])[1:]
    return any(type(answer) is not bool for answer in answers)


def _order_is_broken(setting: Setting) -> bool:
    subject = setting.harness.create()
    results = setting.at_once([lambda one=one: subject.reload(one()) for one in setting.sets])  # type: ignore[misc]
    accepted = {number for number, result in enumerate(results) if not isinstance(result, BaseException)}
    possible = [state for order, state in setting.serial.items() if set(order) == accepted]
    return setting.settings(subject) not in possible


def _reading_is_broken(setting: Setting) -> bool:
    harness = setting.harness
    mixed = [*harness.changes(), *harness.invalid_changes()]
    return _reads_mixture(setting, harness.changes()) or _reads_mixture(setting, mixed)


def _reads_mixture(setting: Setting, changes: list[Any]) -> bool:
    subject = setting.harness.create()
    readings: list[Any] = []
    setting.at_once([lambda: subject.reload(changes)], lambda: readings.append(setting.settings(subject)))
    allowed = (setting.before, setting.serial[(0,)])
    return any(reading not in allowed for reading in readings)


_CHECKS: dict[str, Callable[[Setting], bool]] = {
    "RLD-002": _answers_are_broken,
    "RLD-013": _order_is_broken,
    "RLD-014": _reading_is_broken,
}
