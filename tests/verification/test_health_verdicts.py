"""HealthProvider through the engine: one mistake is told once, and a harness or a clock is no mistake of the provider."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from pytest_policy_contracts import HealthProviderHarness, HealthReport
from pytest_policy_contracts.clauses import load_contract
from pytest_policy_contracts.running import Options, ReplayToken, replay, session_of, target_of
from pytest_policy_contracts.simulation.clock import real_time
from pytest_policy_contracts.steps.vocabulary import shipped_vocabulary
from pytest_policy_contracts.verification.scenario_run import Effort
from pytest_policy_contracts.verification.session import Session, Settings
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict
from tests.broken.health_provider import BROKEN, Broken

HEALTH = load_contract("HealthProvider")
EVERY_CLAUSE = {clause.id for clause in HEALTH.clauses}
FINE = {Outcome.PASSED, Outcome.NOT_APPLICABLE}
PASSWORD = "pw-orders-81c2"
ONE_RUN = re.compile(r"single run|exhaustive \(\d+ places?\)")


class Store:
    """What a provider depends on: answers, refuses or keeps silent."""

    def __init__(self) -> None:
        self.refuses = False
        self.back: Any = None

    async def ping(self) -> None:
        if self.back is not None:
            await self.back.wait()
        if self.refuses:
            raise ConnectionRefusedError("the store refused")
        await asyncio.sleep(0.05)

    def ping_within(self, seconds: float | None) -> None:
        if self.back is not None and not self.back.wait(seconds):
            raise TimeoutError
        if self.refuses:
            raise ConnectionRefusedError("the store refused")
        time.sleep(0.05)


class Provider:
    """Keeps every clause, as a task."""

    limit: float | None = 2

    def __init__(self) -> None:
        self.store = Store()
        self.since: dict[str, datetime] = {}

    async def health_check(self) -> Any:
        try:
            async with asyncio.timeout(self.limit):
                await self.store.ping()
        except OSError:  # TimeoutError is one
            return [self.report("unhealthy")]
        return [self.report("healthy")]

    def report(self, status: str) -> Any:
        now = datetime.now(UTC)
        self.since = {status: self.since.get(status, now)}
        return HealthReport(
            "orders", "db", status, f"it is {status}", now, self.since[status], details={"tried": ["ping"]}
        )


class SyncProvider(Provider):
    """Keeps every clause, on a thread."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def health_check(self) -> Any:
        try:
            self.store.ping_within(self.limit)
        except OSError:
            return [self.report("unhealthy")]
        return [self.report("healthy")]

    def report(self, status: str) -> Any:
        with self.lock:
            return super().report(status)


class ProviderContract(HealthProviderHarness):
    """Every capability; `kind` is what it creates, `event` what its store hangs on."""

    kind: Callable[[], Any] = Provider

    def create(self) -> Any:
        return type(self).kind()

    def break_dependency(self, subject: Any) -> None:
        subject.store.refuses = True

    def restore_dependency(self, subject: Any) -> None:
        subject.store.refuses = False
        back, subject.store.back = subject.store.back, None
        if back is not None:
            back.set()

    def hang_dependency(self, subject: Any) -> None:
        sync = isinstance(subject, SyncProvider)
        subject.store.back = threading.Event() if sync else asyncio.Event()

    def secrets(self) -> list[str]:
        return [PASSWORD]


class BareContract(HealthProviderHarness):
    """Nothing but a subject."""

    kind: Callable[[], Any] = Provider

    def create(self) -> Any:
        return type(self).kind()


def session_with(kind: Any = Provider, schedules: int = 20, base: Any = ProviderContract, **options: Any) -> Session:
    """The session that judges what `kind` makes; what is no setting of a session is an attribute of the harness."""
    names = {name: options.pop(name) for name in list(options) if name not in ("isolation", "seed", "timeout_factor")}
    effort = Effort(schedules, options.pop("seed", 0))
    harness: Any = type("OrdersContract", (base,), {"kind": kind, **names})
    return Session("Orders", harness, HEALTH, shipped_vocabulary(), Settings(effort, **options))


def verdicts(session: Session) -> dict[str, Verdict]:
    return {clause.id: session.verdict(clause.id) for clause in HEALTH.clauses}


def violated(found: dict[str, Verdict]) -> set[str]:
    return {clause for clause, verdict in found.items() if verdict.outcome is Outcome.VIOLATED}


def name_of(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else value.harness.__name__


# -- conforming --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Provider, SyncProvider])
def test_a_conforming_provider_is_left_in_peace(kind: Any) -> None:
    """With every capability each clause passes, or cannot concern a synchronous check."""
    found = verdicts(session_with(kind))

    assert {clause: (one.outcome, one.message) for clause, one in found.items() if one.outcome not in FINE} == {}
    assert sum(one.outcome is Outcome.PASSED for one in found.values()) == len(EVERY_CLAUSE) - (
        2 if kind is SyncProvider else 0
    )


@pytest.mark.parametrize("kind", [Provider, SyncProvider])
def test_without_schedules_each_clause_is_one_run(kind: Any) -> None:
    """With schedules of 0 a clause that passes was a single run, or tried at each place, and says so."""
    passed = {
        clause: one.reach for clause, one in verdicts(session_with(kind, 0)).items() if one.outcome is Outcome.PASSED
    }

    assert len(passed) >= len(EVERY_CLAUSE) - 2
    assert {clause: reach for clause, reach in passed.items() if not ONE_RUN.fullmatch(reach)} == {}


def test_child_and_worker_agree() -> None:
    """Every clause has one verdict, in a forked child as on a guarded thread."""
    assert verdicts(session_with(schedules=5)) == verdicts(session_with(schedules=5, isolation="thread"))


def test_what_the_harness_lacks_is_named() -> None:
    """Without any capability five clauses are untested, each with the methods that it needs, and the others pass."""
    found = verdicts(session_with(base=BareContract))

    untested = {clause: one.message for clause, one in found.items() if one.outcome is Outcome.UNTESTED}
    assert untested == {
        "HLT-007": "needs hang_dependency() in the harness",
        "HLT-009": "needs break_dependency() in the harness",
        "HLT-010": "needs break_dependency(), restore_dependency() in the harness",
        "HLT-014": "needs secrets() in the harness",
        "HLT-016": "needs break_dependency() in the harness",
    }
    assert {one.outcome for clause, one in found.items() if clause not in untested} == {Outcome.PASSED}


# -- one mistake, told once --------------------------------------------------------------------------------------------


class Raising(Provider):
    async def health_check(self) -> Any:
        raise ConnectionError("no pool")


class RaisingLater(Provider):
    async def health_check(self) -> Any:
        await asyncio.sleep(1)
        raise ConnectionError("no pool")


class SyncRaising(SyncProvider):
    def health_check(self) -> Any:
        raise ConnectionError("no pool")


class Silent(Provider):
    async def health_check(self) -> Any:
        return None


NEEDS_NO_ANSWER = {"HLT-001", "HLT-006", "HLT-008", "HLT-013", "HLT-014", "HLT-015"}
"""What can be said of a check, however it ends."""


@pytest.mark.parametrize("base", [ProviderContract, BareContract])
@pytest.mark.parametrize("kind", [Raising, RaisingLater, SyncRaising, Silent])
def test_a_provider_that_never_answers_is_told_once(kind: Any, base: Any) -> None:
    """Where every check raises, or answers nothing, HLT-001 says so, and what needs an answer says that it waits for it."""
    found = verdicts(session_with(kind, 5, base))

    assert violated(found) == {"HLT-001"}
    said = {one.message for clause, one in found.items() if clause not in NEEDS_NO_ANSWER and not _lacks_needs(one)}
    assert said == {"precondition: HLT-001"}
    assert {
        found[clause].outcome for clause in NEEDS_NO_ANSWER - {"HLT-001"} if not _lacks_needs(found[clause])
    } <= FINE


def _lacks_needs(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.UNTESTED and verdict.message.startswith("needs ")


class Hanging(Provider):
    async def health_check(self) -> Any:
        await asyncio.Event().wait()


class Late(Provider):
    async def health_check(self) -> Any:
        await asyncio.sleep(3600)
        return await super().health_check()


class SyncHanging(SyncProvider):
    def health_check(self) -> Any:
        threading.Event().wait()


class SyncLate(SyncProvider):
    def health_check(self) -> Any:
        time.sleep(3600)
        return super().health_check()


@pytest.mark.parametrize(
    ("kind", "observed"),
    [
        (Hanging, "test_health_verdicts.py:"),
        (Late, "test_health_verdicts.py:"),
        (SyncHanging, "test_health_verdicts.py:"),
        (SyncLate, "it ended only after 3600.05 s"),
    ],
)
def test_a_provider_that_never_ends_is_told_once(kind: Any, observed: str) -> None:
    """Where no check ends in time HLT-006 says so, with the place, and everything else says that it waits for that."""
    found = verdicts(session_with(kind, 5))

    assert violated(found) == {"HLT-006"}
    assert observed in found["HLT-006"].observed
    others = [one for clause, one in found.items() if clause not in ("HLT-006", "HLT-008") and one.outcome not in FINE]
    assert {(one.outcome, one.message) for one in others} == {(Outcome.UNTESTED, "precondition: HLT-006")}
    assert len(others) >= len(EVERY_CLAUSE) - 3


class Unlimited(Provider):
    limit = None


class SyncUnlimited(SyncProvider):
    limit = None


@pytest.mark.parametrize("kind", [Unlimited, SyncUnlimited])
def test_a_provider_that_waits_for_a_hanging_dependency_is_told_once(kind: Any) -> None:
    """Where only the hanging dependency keeps a check, HLT-007 says so, and what else lets it hang waits for that."""
    found = verdicts(session_with(kind, 5))

    assert violated(found) == {"HLT-007"}
    assert {clause for clause, one in found.items() if one.message == "precondition: HLT-007"} >= {"HLT-013", "HLT-014"}


class Swallowing(Provider):
    async def health_check(self) -> Any:
        try:
            return await super().health_check()
        except asyncio.CancelledError:
            return [self.report("healthy")]


class Hiding(Provider):
    async def health_check(self) -> Any:
        answer = await super().health_check()
        return [replace(one, status="healthy", observed_since=one.checked_at) for one in answer]


class Foreign(Provider):
    async def health_check(self) -> Any:
        return [replace(one, status="fine") for one in await super().health_check()]


class Nameless(Provider):
    async def health_check(self) -> Any:
        return [replace(one, module=" ") for one in await super().health_check()]


class Doubled(Provider):
    async def health_check(self) -> Any:
        return 2 * await super().health_check()


class Naive(Provider):
    async def health_check(self) -> Any:
        return [replace(one, checked_at=one.checked_at.replace(tzinfo=None)) for one in await super().health_check()]


@pytest.mark.parametrize(
    ("kind", "clauses", "observed"),
    [
        (Swallowing, {"HLT-008"}, "it returned"),
        (Hiding, {"HLT-007", "HLT-009", "HLT-016"}, "healthy: orders/db is healthy ("),
        (Foreign, {"HLT-003"}, "status of orders/db is 'fine'"),
        (Nameless, {"HLT-002"}, "module is ' '"),
        (Doubled, {"HLT-004"}, "2 for ('orders', 'db')"),
        (Naive, {"HLT-005"}, "checked_at of orders/db is datetime.datetime(2026, 1, 1"),
    ],
)
def test_a_mistake_is_told_under_its_own_clause(kind: Any, clauses: set[str], observed: str) -> None:
    """A provider with one mistake violates what it promises about just that, and says what was seen."""
    found = verdicts(session_with(kind, 5))

    assert violated(found) == clauses
    assert Outcome.BROKEN not in {one.outcome for one in found.values()}
    assert observed in found[min(clauses)].observed


# -- violations that replay --------------------------------------------------------------------------------------------


def one_of_each_clause() -> list[Broken]:
    chosen: dict[str, Broken] = {}
    for entry in BROKEN:
        chosen.setdefault(entry.clauses[0], entry)
    return list(chosen.values())


@pytest.mark.parametrize("entry", one_of_each_clause(), ids=name_of)
def test_a_violation_replays(entry: Broken) -> None:
    """The token of a violated verdict shows the violation again, at the same step and with the same words."""
    session = session_of(target_of(entry.harness), Options(schedules=100))
    verdict = session.verdict(entry.clauses[0])
    assert verdict.outcome is Outcome.VIOLATED, verdict

    again = replay(session, ReplayToken.parse(verdict.replay))

    assert again.outcome is Outcome.VIOLATED
    if not any(one.killed for one in verdict.scenarios):
        assert (again.step, again.observed, again.expected) == (verdict.step, verdict.observed, verdict.expected)


# -- the check timeout -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [5, 5.0, "5 s", None, timedelta(0), timedelta(seconds=-1)], ids=repr)
def test_a_timeout_that_is_none_breaks_the_harness(wrong: object) -> None:
    """A timeout that is no timedelta above zero is the harness's fault, with what was found and what to write."""
    for clause in ("HLT-001", "HLT-006", "HLT-011"):
        found = session_with(check_timeout=wrong, schedules=2).verdict(clause)

        assert found.outcome is Outcome.BROKEN
        assert f"HarnessError: OrdersContract.check_timeout is {wrong!r}; write a timedelta above zero" in found.message


@pytest.mark.parametrize(
    ("limit", "outcome"), [(timedelta(milliseconds=40), Outcome.VIOLATED), (timedelta(milliseconds=60), Outcome.PASSED)]
)
@pytest.mark.parametrize("kind", [Provider, SyncProvider])
def test_the_timeout_of_the_harness_counts(kind: Any, limit: timedelta, outcome: Outcome) -> None:
    """A check of 50 ms is too long for 40 ms, and short enough for 60 ms."""
    assert session_with(kind, check_timeout=limit).verdict("HLT-006").outcome is outcome


# -- what is no mistake of the provider --------------------------------------------------------------------------------


@pytest.mark.parametrize("isolation", ["auto", pytest.param("thread")])
@pytest.mark.parametrize("kind", [Provider, SyncProvider])
def test_a_subject_that_is_shared_breaks_the_harness(kind: Any, isolation: str) -> None:
    """A `create` that returns one object again and again is the harness's fault in every clause, and blames nobody."""
    shared = kind()
    found = verdicts(session_with(lambda: shared, 5, isolation=isolation))

    assert {one.outcome for one in found.values()} <= {Outcome.BROKEN, Outcome.NOT_APPLICABLE}
    said = {one.message for one in found.values() if one.outcome is Outcome.BROKEN}
    assert said == {
        "HarnessError: OrdersContract.create() returned the same object twice; return a fresh subject every time."
    }


class OnTheMachinesClock(Provider):
    """Reads a clock that the world cannot replace, as a C extension does."""

    def report(self, status: str) -> Any:
        now = datetime.fromtimestamp(real_time["time"](), UTC)
        return HealthReport("orders", "db", status, "", now, now)


class SyncOnTheMachinesClock(SyncProvider):
    def report(self, status: str) -> Any:
        now = datetime.fromtimestamp(real_time["time"](), UTC)
        return HealthReport("orders", "db", status, "", now, now)


@pytest.mark.parametrize("kind", [OnTheMachinesClock, SyncOnTheMachinesClock])
def test_the_machines_clock_cannot_be_judged(kind: Any) -> None:
    """Times of the machine are no times of this world: HLT-005 is untested with the reason, and no clause violated."""
    session = session_with(kind, 5, base=BareContract)
    found = session.verdict("HLT-005")

    assert found.outcome is Outcome.UNTESTED
    assert found.message == (
        "the provider reads a clock that the simulated world cannot replace: its checked_at is the machine's time. "
        "Let it read time.time() or datetime.now()"
    )
    assert violated(verdicts(session)) == set()


class InAnotherTime(Provider):
    """Is wrong by years, by no clock at all."""

    def report(self, status: str) -> Any:
        return replace(super().report(status), checked_at=datetime(2020, 1, 1, tzinfo=UTC))


def test_a_wrong_time_is_not_taken_for_the_machines() -> None:
    """A time that is neither the world's nor the machine's is a violation."""
    found = session_with(InAnotherTime).verdict("HLT-005")

    assert (found.outcome, found.observed) == (Outcome.VIOLATED, "checked_at of orders/db is 2020-01-01 00:00:00+00:00")


@pytest.mark.parametrize("method", ["create", "break_dependency", "restore_dependency", "hang_dependency", "dispose"])
def test_a_failing_harness_is_broken(method: str) -> None:
    """Whichever method fails, the clauses that need it are broken and name it, and none is violated."""

    def fail(self: Any, *arguments: Any) -> Any:
        raise ConnectionError("no test database")

    found = verdicts(session_with(schedules=2, **{method: fail}))
    broken = [one for one in found.values() if one.outcome is Outcome.BROKEN]

    assert broken and not violated(found)
    for one in broken:
        assert f"OrdersContract.{method}() raised ConnectionError: no test database" in one.message


def test_a_provider_with_real_io_is_not_judged() -> None:
    """A check that opens a connection gets no verdict but a remedy, also if it takes the refusal for a failure."""

    class Online(Provider):
        async def health_check(self) -> Any:
            try:
                await asyncio.open_connection("db.example", 5432)
            except OSError:
                return [self.report("unhealthy")]
            return [self.report("healthy")]

    for clause in ("HLT-001", "HLT-009"):
        found = session_with(Online, 2).verdict(clause)
        assert found.outcome is Outcome.BROKEN
        assert "Hand it a fake of what it talks to in create()." in found.message


# -- odd answers -------------------------------------------------------------------------------------------------------


def answering(change: Callable[[Any], Any]) -> type[Provider]:
    """A provider whose whole answer is changed."""

    class Odd(Provider):
        async def health_check(self) -> Any:
            return change(await super().health_check())

    return Odd


def reporting(**fields: Any) -> type[Provider]:
    """A provider whose reports have other fields: values, or what makes one of its own for each report."""

    def changed(report: HealthReport) -> HealthReport:
        return replace(report, **{name: value() if callable(value) else value for name, value in fields.items()})

    return answering(lambda answer: list(map(changed, answer)))


@pytest.mark.parametrize(
    "change",
    [
        iter,
        lambda answer: "healthy",
        lambda answer: {"db": answer[0]},
        lambda answer: answer[0],
        set,
        lambda answer: [],
    ],
    ids=["iterator", "text", "dict", "lone report", "set", "empty"],
)
def test_what_is_no_sequence_of_reports_is_no_answer(change: Callable[[Any], Any]) -> None:
    """Anything but a sequence with at least one report violates HLT-001."""
    answered = answering(lambda answer: change([str(one) for one in answer]) if change is set else change(answer))
    assert session_with(answered).verdict("HLT-001").outcome is Outcome.VIOLATED


def test_a_tuple_is_an_answer() -> None:
    """Every clause holds for a provider that answers with a tuple."""
    assert violated(verdicts(session_with(answering(tuple), 5))) == set()


EAST, WEST = (timezone(timedelta(hours=hours)) for hours in (2, -2))


class Evasive:
    """A report of an own type, one of whose fields cannot be read."""

    def __init__(self, report: HealthReport) -> None:
        self._report = report

    def __getattr__(self, name: str) -> Any:
        return getattr(self._report, name)

    @property
    def status(self) -> str:
        raise ValueError("not known yet")


def circle() -> dict[str, Any]:
    made: dict[str, Any] = {}
    made["itself"] = made
    return made


ODD: dict[str, tuple[type[Provider], set[str]]] = {
    "a status that cannot be hashed": (reporting(status=lambda: ["healthy"]), {"HLT-003"}),
    "a status that is a number": (reporting(status=0), {"HLT-003"}),
    "a time that is a number": (reporting(checked_at=1_767_225_600.0), {"HLT-005"}),
    "a check at the end of time": (reporting(checked_at=datetime.max.replace(tzinfo=UTC)), {"HLT-005"}),
    "details that are a list": (reporting(details=lambda: ["x"]), {"HLT-018"}),
    "no details": (reporting(details=None), set()),
    "a module that cannot be hashed": (reporting(module=lambda: ["orders"]), {"HLT-002"}),
    "details that cannot be copied": (reporting(details=lambda: {"lock": threading.Lock()}), {"HLT-018"}),
    "details that contain themselves": (reporting(details=circle), {"HLT-018"}),
    "a beginning before all times, in the east": (
        reporting(observed_since=datetime.min.replace(tzinfo=EAST)),
        {"HLT-016"},
    ),
    "a check after all times, in the west": (reporting(checked_at=datetime.max.replace(tzinfo=WEST)), {"HLT-005"}),
    "a status that cannot be read": (answering(lambda answer: list(map(Evasive, answer))), {"HLT-003"}),
}


def judged_odd(kind: type[Provider]) -> tuple[set[str], dict[str, str]]:
    """What an odd provider violates, and what could not be judged, with the reason."""
    found = verdicts(session_with(kind, 5))
    return violated(found), {clause: one.message for clause, one in found.items() if one.outcome is Outcome.BROKEN}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_report_breaks_its_clause_and_nothing_of_the_suite(what: str) -> None:
    """Whatever stands in a report, it is judged under the clause about it, and the suite is not broken by it."""
    kind, clauses = ODD[what]
    assert judged_odd(kind) == (clauses, {})
