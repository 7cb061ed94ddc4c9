"""TenantGuard through the engine: one mistake is told once, and a harness or a clock is no mistake of the guard."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_policy_contracts import (
    GuardConfig,
    GuardMode,
    TenantContextMissingError,
    TenantGuardHarness,
    TenantIsolationError,
    TenantViolation,
)
from pytest_policy_contracts.clauses import load_contract
from pytest_policy_contracts.running import Options, ReplayToken, replay, session_of, target_of
from pytest_policy_contracts.simulation.clock import real_time
from pytest_policy_contracts.steps.vocabulary import shipped_vocabulary
from pytest_policy_contracts.verification.scenario_run import Effort
from pytest_policy_contracts.verification.session import Session, Settings
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict
from tests.broken.tenant_guard import BROKEN, Broken

TENANTS = load_contract("TenantGuard")
THE_BURST = "TNT-016"
"""The clause that takes as long as all the others."""

EVERY_CLAUSE = {clause.id for clause in TENANTS.clauses}
FINE = {Outcome.PASSED, Outcome.NOT_APPLICABLE}


class Guard:
    """Keeps every clause, on threads."""

    def __init__(self, config: GuardConfig, publish: Callable[[dict[str, object]], Any]) -> None:
        if config.max_violations < 1:
            raise ValueError("there has to be room for one violation")
        self.mode = GuardMode(config.mode)
        self.pairs = {(tenant, target) for tenant, targets in config.whitelist.items() for target in targets}
        self.kept: deque[TenantViolation] = deque(maxlen=config.max_violations)
        self.publish = publish
        self.lock = threading.Lock()
        self.tenant: ContextVar[str | None] = ContextVar("tenant", default=None)

    def validate_access(self, asked: TenantViolation) -> Any:
        if self.mode is GuardMode.DISABLED or self.excuses(asked):
            return
        self.keep(asked)
        try:
            self.publish({"type": "tenant.violation"})
        except Exception:
            pass  # who cannot be told does not decide
        self.decide(asked)

    def excuses(self, asked: TenantViolation) -> bool:
        ids = (asked.tenant_id, asked.target_id)
        if any(type(one) is not str or not one for one in ids):
            return False
        return asked.kind == "cross_tenant" and (asked.tenant_id == asked.target_id or ids in self.pairs)

    def keep(self, asked: TenantViolation) -> None:
        with self.lock:
            self.kept.append(self.copied(asked))

    def copied(self, asked: TenantViolation) -> TenantViolation:
        try:
            details = deepcopy(asked.details)
        except Exception:
            details = {"not copied": type(asked.details).__name__}
        return TenantViolation(
            asked.kind, asked.severity, asked.tenant_id, asked.target_id, asked.timestamp or self.now(), details
        )

    def now(self) -> datetime:
        try:
            return datetime.now(UTC)
        except Exception:
            return datetime(1970, 1, 1, tzinfo=UTC)

    def decide(self, asked: TenantViolation) -> None:
        if self.mode is GuardMode.STRICT:
            error = TenantContextMissingError if asked.kind == "missing_context" else TenantIsolationError
            raise error(f"{asked.tenant_id!r} may not reach {asked.target_id!r}")

    def recent_violations(self) -> Any:
        with self.lock:
            return [self.copied(one) for one in self.kept]

    # -- who is asking -------------------------------------------------------------------------------------------------

    @contextmanager
    def bound(self, tenant_id: str) -> Iterator[None]:
        before = self.tenant.get()
        self.tenant.set(tenant_id)
        try:
            yield
        finally:
            self.tenant.set(before)

    def access(self, target_id: str) -> Any:
        tenant = self.tenant.get()
        kind = "missing_context" if tenant is None else "cross_tenant"
        return self.validate_access(TenantViolation(kind, "high", tenant or "", target_id))


class AsyncGuard(Guard):
    """Keeps every clause, as a task."""

    async def validate_access(self, asked: TenantViolation) -> Any:
        if self.mode is GuardMode.DISABLED or self.excuses(asked):
            return
        self.keep(asked)
        try:
            answer = self.publish({"type": "tenant.violation"})
            if inspect.isawaitable(answer):
                await answer
        except Exception:
            pass
        self.decide(asked)


class GuardContract(TenantGuardHarness):
    """Every capability; `kind` is what it creates."""

    kind: Callable[..., Any] = Guard

    def create(self, config: GuardConfig, publish: Any) -> Any:
        return type(self).kind(config, publish)

    def bind_tenant(self, subject: Any, tenant_id: str) -> Any:
        return subject.bound(tenant_id)

    def access(self, subject: Any, target_id: str) -> Any:
        return subject.access(target_id)


class BareContract(TenantGuardHarness):
    """Nothing but a guard."""

    kind: Callable[..., Any] = Guard

    def create(self, config: GuardConfig, publish: Any) -> Any:
        return type(self).kind(config, publish)


def session_with(kind: Any = Guard, schedules: int = 10, base: Any = GuardContract, **options: Any) -> Session:
    """The session that judges what `kind` makes; what is no setting of a session is an attribute of the harness."""
    names = {name: options.pop(name) for name in list(options) if name not in ("isolation", "seed", "timeout_factor")}
    effort = Effort(schedules, options.pop("seed", 0))
    harness: Any = type("GateContract", (base,), {"kind": kind, **names})
    return Session("Gate", harness, TENANTS, shipped_vocabulary(), Settings(effort, **options))


def verdicts(session: Session, *, but: str = "") -> dict[str, Verdict]:
    return {clause.id: session.verdict(clause.id) for clause in TENANTS.clauses if clause.id != but}


def of(outcome: Outcome, found: dict[str, Verdict]) -> set[str]:
    return {clause for clause, verdict in found.items() if verdict.outcome is outcome}


def violated(found: dict[str, Verdict]) -> set[str]:
    return of(Outcome.VIOLATED, found)


def name_of(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else value.harness.__name__


# -- conforming --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Guard, AsyncGuard])
def test_a_conforming_guard_is_left_in_peace(kind: Any) -> None:
    """With every capability each clause passes."""
    found = verdicts(session_with(kind))

    assert {
        clause: (one.outcome, one.message, one.observed) for clause, one in found.items() if one.outcome not in FINE
    } == {}
    assert of(Outcome.PASSED, found) == EVERY_CLAUSE


@pytest.mark.parametrize("kind", [Guard, AsyncGuard])
def test_without_schedules_each_clause_is_one_run(kind: Any) -> None:
    """With schedules of 0 every clause was a single run, and says so."""
    found = verdicts(session_with(kind, 0))

    assert {(one.outcome, one.reach) for one in found.values()} == {(Outcome.PASSED, "single run")}


def test_child_and_worker_agree() -> None:
    """Every clause has one verdict, in a forked child as on a guarded thread."""
    in_child, on_thread = (verdicts(session_with(AsyncGuard, 2, isolation=one)) for one in ("auto", "thread"))
    assert in_child == on_thread


def test_what_the_harness_lacks_is_named() -> None:
    """Without its capabilities four clauses are untested, each with what it needs, and the others pass."""
    found = verdicts(session_with(base=BareContract, schedules=2, emits_events=False))

    assert {clause: one.message for clause, one in found.items() if one.outcome is not Outcome.PASSED} == {
        "TNT-013": "needs emits_events = True in the harness",
        "TNT-014": "needs emits_events = True in the harness",
        "TNT-017": "needs bind_tenant(), access() in the harness",
        "TNT-018": "needs bind_tenant(), access() in the harness",
    }


# -- one mistake, told once --------------------------------------------------------------------------------------------


class Allowing(Guard):
    """Strict in name only: records, publishes and lets pass."""

    def decide(self, asked: TenantViolation) -> None: ...


class AsyncAllowing(AsyncGuard):
    def decide(self, asked: TenantViolation) -> None: ...


class QuietlyAllowing(AsyncGuard):
    """Tells nobody, either."""

    async def validate_access(self, asked: TenantViolation) -> Any:
        if self.mode is not GuardMode.DISABLED and not self.excuses(asked):
            self.keep(asked)


@pytest.mark.parametrize("kind", [Allowing, AsyncAllowing, QuietlyAllowing])
def test_a_guard_that_allows_everything_is_told_once(kind: Any) -> None:
    """Where strict allows, TNT-002 says so, and whatever else wants a denial says that it waits for that."""
    found = verdicts(session_with(kind, 2, BareContract, emits_events=kind is not QuietlyAllowing))

    assert violated(found) == {"TNT-002"}
    assert found["TNT-002"].observed == "it returned"
    waiting = {clause for clause, one in found.items() if one.message == "precondition: TNT-002"}
    assert waiting >= {"TNT-005", "TNT-006", "TNT-007", "TNT-008", "TNT-015", "TNT-016"}
    assert of(Outcome.BROKEN, found) == set()


class Denying(Guard):
    """Denies what it should record and let pass."""

    def decide(self, asked: TenantViolation) -> None:
        raise TenantContextMissingError("no") if asked.kind == "missing_context" else TenantIsolationError("no")


class Backwards(Guard):
    def recent_violations(self) -> Any:
        return super().recent_violations()[::-1]


class Untimely(Guard):
    def now(self) -> Any:
        return None


class Mute(Guard):
    def __init__(self, config: GuardConfig, publish: Any) -> None:
        super().__init__(config, lambda event: None)


class Modeless(Guard):
    def __init__(self, config: GuardConfig, publish: Any) -> None:
        super().__init__(config, publish)
        self.strict, self.mode = self.mode, GuardMode.LENIENT

    def decide(self, asked: TenantViolation) -> None:
        if self.strict is GuardMode.STRICT:
            error = TenantContextMissingError if asked.kind == "missing_context" else TenantIsolationError
            raise error(f"{asked.tenant_id!r} may not reach {asked.target_id!r}")

    def validate_access(self, asked: TenantViolation) -> Any:
        if self.strict is not GuardMode.DISABLED:
            super().validate_access(asked)


@pytest.mark.parametrize(
    ("kind", "clauses", "observed"),
    [
        (Modeless, {"TNT-001"}, "mode is <GuardMode.LENIENT: 'lenient'>"),
        (Denying, {"TNT-003"}, "it raised: TenantIsolationError: no"),
        (Backwards, {"TNT-009"}, "access 1 ("),
        (Untimely, {"TNT-011"}, "timestamp is None"),
        (Mute, {"TNT-013"}, "0 events for"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_mistake_is_told_under_its_own_clause(kind: Any, clauses: set[str], observed: str) -> None:
    """A guard with one mistake violates what it promises about just that, and says what was seen."""
    found = verdicts(session_with(kind, 1))

    assert violated(found) == clauses
    assert of(Outcome.BROKEN, found) == set()
    assert observed in found[min(clauses)].observed


class NoAnswer(Guard):
    def recent_violations(self) -> Any:
        return None


class NoMemory(Guard):
    def recent_violations(self) -> Any:
        raise OSError("the log is gone")


@pytest.mark.parametrize("kind", [NoAnswer, NoMemory])
def test_a_guard_that_cannot_be_asked_is_told_once(kind: Any) -> None:
    """Where nothing is remembered that could be read, TNT-009 says so, and what has to be read waits for that."""
    found = verdicts(session_with(kind, 1))

    assert violated(found) == {"TNT-009"}
    assert of(Outcome.BROKEN, found) == set()


class Hanging(Guard):
    def validate_access(self, asked: TenantViolation) -> Any:
        threading.Event().wait()


class AsyncHanging(AsyncGuard):
    async def validate_access(self, asked: TenantViolation) -> Any:
        await asyncio.Event().wait()


@pytest.mark.parametrize("kind", [Hanging, AsyncHanging])
def test_a_guard_that_never_decides_is_told_with_its_place(kind: Any) -> None:
    """A decision that is waited for in vain is no denial: TNT-002 says so, and where it hangs."""
    found = session_with(kind, 2, BareContract).verdict("TNT-002")

    assert found.outcome is Outcome.VIOLATED
    assert "it did not end" in found.observed and "test_guard_verdicts.py:" in found.observed


@pytest.mark.parametrize("kind", [Hanging, AsyncHanging])
def test_a_guard_that_never_decides_breaks_nothing_of_the_suite(kind: Any) -> None:
    """Whatever hangs is the guard's business: no clause is broken by it."""
    assert of(Outcome.BROKEN, verdicts(session_with(kind, 2, BareContract))) == set()


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


# -- what is no mistake of the guard -----------------------------------------------------------------------------------


SHARED = "HarnessError: GateContract.create() returned the same object twice; return a fresh subject every time."


@pytest.mark.parametrize("clause", ["TNT-001", "TNT-002", "TNT-010", "TNT-017"])
def test_a_guard_that_is_shared_breaks_the_harness(clause: str) -> None:
    """A `create` that returns one guard again and again is the harness's fault."""
    shared = Guard(GuardConfig(), lambda event: None)
    found = session_with(lambda config, publish: shared).verdict(clause)

    assert (found.outcome, found.message) == (Outcome.BROKEN, SHARED)


@pytest.mark.parametrize("kind", [Guard, AsyncGuard])
def test_a_guard_that_is_shared_is_blamed_for_nothing(kind: Any) -> None:
    """Where `create` returns one guard for every configuration, each clause is broken, and none violated."""
    shared = kind(GuardConfig(), lambda event: None)
    found = verdicts(session_with(lambda config, publish: shared, 1))

    assert of(Outcome.BROKEN, found) == EVERY_CLAUSE
    assert {one.message for one in found.values()} == {SHARED}


class OnTheMachinesClock(Guard):
    """Reads a clock that the world cannot replace, as a C extension does."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(real_time["time"](), UTC)


class AsyncOnTheMachinesClock(AsyncGuard):
    def now(self) -> datetime:
        return datetime.fromtimestamp(real_time["time"](), UTC)


@pytest.mark.parametrize("kind", [OnTheMachinesClock, AsyncOnTheMachinesClock])
def test_the_machines_clock_cannot_be_judged(kind: Any) -> None:
    """Times of the machine are no times of this world: TNT-011 is untested with the reason, and no clause violated."""
    found = verdicts(session_with(kind, 2, BareContract), but=THE_BURST)

    assert found["TNT-011"].outcome is Outcome.UNTESTED
    assert found["TNT-011"].message == (
        "the guard reads a clock that the simulated world cannot replace: its timestamp is the machine's time. "
        "Let it read time.time() or datetime.now()"
    )
    assert violated(found) == set()


def test_a_guard_that_refuses_a_setting_is_no_failing_harness() -> None:
    """A `create` that raises for an odd setting is a refusal where the contract allows one, and broken elsewhere."""
    session = session_with()
    assert session.verdict("TNT-009").outcome is Outcome.PASSED

    def refuse(config: GuardConfig, publish: Any) -> Any:
        raise LookupError("no configuration")

    broken = session_with(refuse).verdict("TNT-002")
    assert broken.outcome is Outcome.BROKEN
    assert "GateContract.create() raised LookupError: no configuration" in broken.message


@pytest.mark.parametrize("method", ["bind_tenant", "dispose"])
def test_a_failing_harness_is_broken(method: str) -> None:
    """Whichever method fails, the clauses that need it are broken, and none is violated."""

    def fail(self: Any, *arguments: Any) -> Any:
        raise ConnectionError("no test database")

    found = verdicts(session_with(schedules=2, **{method: fail}), but=THE_BURST)
    broken = [one for one in found.values() if one.outcome is Outcome.BROKEN]

    assert broken and not violated(found)
    for one in broken:
        assert "no test database" in one.message


# -- odd guards --------------------------------------------------------------------------------------------------------


def remembering(change: Callable[[Any], Any]) -> type[Guard]:
    """A guard whose whole record is changed when it is read."""

    class Odd(Guard):
        def recent_violations(self) -> Any:
            return change(super().recent_violations())

    return Odd


def recording(**fields: Callable[[TenantViolation], Any]) -> type[Guard]:
    """A guard whose records have other fields, made from the right ones."""

    def changed(record: TenantViolation) -> TenantViolation:
        return replace(record, **{name: make(record) for name, make in fields.items()})

    return remembering(lambda records: list(map(changed, records)))


@pytest.mark.parametrize("kind", [tuple, deque])
def test_any_sequence_is_a_record(kind: Any) -> None:
    """What is remembered may be read as a tuple or a deque."""
    session = session_with(remembering(kind), 1, BareContract)
    assert {session.verdict(clause).outcome for clause in ("TNT-002", "TNT-009", "TNT-010", "TNT-012")} == {
        Outcome.PASSED
    }


@pytest.mark.parametrize(
    "change", [lambda record: asdict(record), lambda record: None, str], ids=["dicts", "nothing", "texts"]
)
def test_records_of_another_shape_are_told_once(change: Callable[[Any], Any]) -> None:
    """Records that are no violations violate TNT-002 and nothing else, and break nothing of the suite."""
    found = verdicts(
        session_with(remembering(lambda records: list(map(change, records))), 1, BareContract), but=THE_BURST
    )

    assert (violated(found), of(Outcome.BROKEN, found)) == ({"TNT-002"}, set())


class Evasive:
    """A record of an own type, one of whose fields cannot be read."""

    def __init__(self, record: TenantViolation) -> None:
        self._record = record

    def __getattr__(self, name: str) -> Any:
        return getattr(self._record, name)

    @property
    def tenant_id(self) -> str:
        raise ValueError("not known any more")


class Unspeakable(TenantIsolationError):
    def __str__(self) -> str:
        raise ValueError("there are no words")


class Speechless(Guard):
    def decide(self, asked: TenantViolation) -> None:
        if self.mode is GuardMode.STRICT:
            raise TenantContextMissingError if asked.kind == "missing_context" else Unspeakable


class Moody(Guard):
    def __getattribute__(self, name: str) -> Any:
        if name == "mode" and sys._getframe(1).f_code.co_filename != __file__:
            raise OSError("who is asking?")
        return super().__getattribute__(name)


ODD = {
    "ids that cannot be hashed": (recording(tenant_id=lambda record: [record.tenant_id]), {"TNT-002"}),
    "details that cannot be copied": (recording(details=lambda record: {"lock": threading.Lock()}), {"TNT-009", "TNT-012"}),
    "an id that cannot be read": (remembering(lambda records: list(map(Evasive, records))), {"TNT-002"}),
    "a denial whose text cannot be had": (Speechless, set()),
    "a mode that cannot be read": (Moody, {"TNT-001"}),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_guard_breaks_its_clause_and_nothing_of_the_suite(what: str) -> None:
    """What cannot be hashed, copied, told or read is the guard's business, and not a fault of the suite."""
    kind, clauses = ODD[what]
    found = verdicts(session_with(kind, 1, BareContract), but=THE_BURST)

    assert (violated(found), of(Outcome.BROKEN, found)) == (clauses, set())


class Leaving(Guard):
    def decide(self, asked: TenantViolation) -> None:
        if self.mode is GuardMode.STRICT:
            raise SystemExit(1)


@pytest.mark.parametrize("kind", [Leaving, AsyncHanging])
def test_a_guard_that_leaves_or_hangs_is_not_told_by_the_crowd(kind: Any) -> None:
    """What each single access shows is told by the clauses about single accesses, and not by those about many at once."""
    found = verdicts(session_with(kind, 1, BareContract))

    assert "TNT-002" in violated(found)
    assert not violated(found) & {"TNT-012", "TNT-016"}
