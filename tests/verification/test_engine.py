"""The engine on contracts of its own: who is blamed for what, and what has to be there for a pass."""

from __future__ import annotations

import asyncio
import sys
from datetime import date
from typing import Any

import pytest

from pytest_policy_contracts.harness import KnownDeviation
from pytest_policy_contracts.simulation.schedules import Schedule
from pytest_policy_contracts.verification.attempts import Ended
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict
from pytest_policy_contracts.verification.violations import (
    ContractViolation,
    NotApplicable,
    Precondition,
    Untested,
)
from pytest_policy_contracts.verification.world import World
from tests.verification.little_contract import (
    CarelessCounter,
    Counter,
    LittleHarness,
    clause,
    judged,
    scenario,
    session,
    vocabulary,
)


class Careless(LittleHarness):
    def create(self) -> Any:
        return CarelessCounter()


# -- passing ---------------------------------------------------------------------------------------


def test_a_kept_promise() -> None:
    """A scenario whose claim holds and whose situation arose passes, and says how much was tried."""
    verdict = judged("a counter", "two add", "it counted to two", every_interleaving=True)
    assert (verdict.outcome, verdict.reach) == (Outcome.PASSED, "sampled 60 schedules")


def test_a_single_run_says_so() -> None:
    """A scenario that is not repeated claims no more than one run."""
    assert judged("a counter", "two add", "it counted to two").reach == "single run"


def test_a_broken_promise() -> None:
    """A race is a violation with step, observation and a token that shows it again."""
    words = vocabulary()
    one = clause(scenario("a counter", "two add", "it counted to two", every_interleaving=True))
    engine = session(one, harness=Careless, words=words)
    verdict = engine.verdict("LIT-001")

    assert verdict.outcome is Outcome.VIOLATED
    assert (verdict.step, verdict.observed) == ("Then it counted to two", "it counted to 1")
    assert verdict.realism == "shown in stock order"
    again = engine.replay(one.scenarios[0], Schedule.from_token(verdict.replay.split(":")[2]))
    assert (again.outcome, again.observed) == (Outcome.VIOLATED, "it counted to 1")
    assert again.journal


def test_no_witness_no_pass() -> None:
    """A scenario that names no situation proves nothing: the suite is broken, not the subject in order."""

    async def it_is_fine(world: World) -> None: ...

    verdict = judged("a counter", "it is fine", steps={"it_is_fine": it_is_fine})
    assert verdict.outcome is Outcome.BROKEN
    assert "declares no witness and so proves nothing" in verdict.message


def test_a_missing_witness() -> None:
    """Where the situation never arose the clause is untested, and the situation is named."""

    async def nothing_happened(world: World) -> None:
        world.witness("somebody came", False)
        world.witness("it was there", True)

    verdict = judged("nothing happened", "a counter", steps={"nothing_happened": nothing_happened})
    assert (verdict.outcome, verdict.message) == (Outcome.UNTESTED, "no witness: somebody came")


def test_one_run_with_the_situation_is_enough() -> None:
    """A situation that arose in some of the schedules is a witness for all of them."""

    async def they_come_in_some_order(world: World) -> None:
        await two_in_order(world)
        world.witness("the second came first", world.seen.order == [2, 1])

    async def two_in_order(world: World) -> None:
        world.seen.order = []

        async def come(number: int) -> None:
            world.seen.order.append(number)

        await world.together([(come, (1,)), (come, (2,))], limit=10)

    steps = {"they_come_in_some_order": they_come_in_some_order}
    assert judged("they come in some order", "a counter", steps=steps).outcome is Outcome.UNTESTED
    found = judged("they come in some order", "a counter", steps=steps, every_interleaving=True)
    assert found.outcome is Outcome.PASSED


# -- who is to blame -------------------------------------------------------------------------------


def raising(error: BaseException) -> dict[str, Any]:
    async def it_ends(world: World) -> None:
        raise error

    return {"it_ends": it_ends}


@pytest.mark.parametrize("error", [TypeError("a slip"), KeyError("gone"), RuntimeError(), SystemExit(3)])
def test_a_fault_of_the_suite(error: BaseException) -> None:
    """What a step raises by mistake is the suite's fault: neither a pass nor a violation."""
    verdict = judged("a counter", "it ends", steps=raising(error))
    assert verdict.outcome is Outcome.BROKEN
    assert type(error).__name__ in verdict.message
    assert "it_ends" in verdict.details


@pytest.mark.parametrize(
    ("error", "outcome", "message"),
    [
        (ContractViolation(expected="this", observed="that"), Outcome.VIOLATED, "it ends"),
        (AssertionError("that"), Outcome.VIOLATED, "it ends"),
        (NotApplicable("it cannot wait"), Outcome.NOT_APPLICABLE, "it cannot wait"),
        (Untested("nobody came"), Outcome.UNTESTED, "nobody came"),
    ],
)
def test_what_a_step_may_say(error: Exception, outcome: Outcome, message: str) -> None:
    """A step blames the subject, or ends the scenario without blame, by what it raises."""
    verdict = judged("a counter", "it ends", steps=raising(error))
    assert (verdict.outcome, verdict.message) == (outcome, message)


HARNESS_ERRORS = [
    ValueError("no file"),
    AssertionError("no fixture"),
    SystemExit("no licence"),
    asyncio.CancelledError(),
]


@pytest.mark.parametrize("error", HARNESS_ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("method", ["create", "reading", "dispose"])
def test_a_fault_of_the_harness(method: str, error: BaseException) -> None:
    """Whatever a method of the harness raises breaks the clause, with a sentence that names the method."""

    def fail(self: Any, *arguments: Any) -> Any:
        raise error

    harness = type("FailingHarness", (LittleHarness,), {method: fail})
    asks = ["it is asked for its reading"] if method == "reading" else []
    verdict = judged("a counter", *asks, "it is witnessed", harness=harness)

    assert verdict.outcome is Outcome.BROKEN, verdict
    assert f"FailingHarness.{method}() raised {type(error).__name__}" in verdict.message
    assert "Mend the harness; the subject was not judged." in verdict.message


def test_async_methods_of_a_harness() -> None:
    """A harness may create, read and dispose asynchronously, and take virtual time for it."""
    disposed: list[object] = []

    class Slow(LittleHarness):
        async def create(self) -> Any:
            await asyncio.sleep(5)
            return Counter()

        async def reading(self, subject: Any) -> Any:
            await asyncio.sleep(5)
            return subject.value

        async def dispose(self, subject: Any) -> None:
            await asyncio.sleep(5)
            disposed.append(subject)

    verdict = judged("a counter", "it is asked for its reading", "it is witnessed", harness=Slow)
    assert verdict.outcome is Outcome.PASSED
    assert len(disposed) >= 2


def test_a_harness_that_returns_nothing() -> None:
    """A forgotten `return` in `create` is said in so many words."""

    class Forgetful(LittleHarness):
        def create(self) -> Any:
            return None

    verdict = judged("a counter", "it is witnessed", harness=Forgetful)
    assert verdict.outcome is Outcome.BROKEN
    assert "Forgetful.create() returned None; return the subject under test." in verdict.message


def test_a_harness_that_never_answers() -> None:
    """A method that waits for ever without a subject is the harness's fault, with the place."""

    class Stuck(LittleHarness):
        async def create(self) -> Any:
            if Stuck.armed:
                await asyncio.Event().wait()
            return Counter()

        armed = False

    async def it_is_armed(world: World) -> None:
        Stuck.armed = True

    try:
        verdict = judged(
            "it is witnessed", "it is armed", "a counter", harness=Stuck, steps={"it_is_armed": it_is_armed}
        )
    finally:
        Stuck.armed = False
    assert verdict.outcome is Outcome.BROKEN
    assert "Stuck.create() did not come to an end" in verdict.message
    assert "await asyncio.Event().wait()" in verdict.message


def test_a_subject_that_holds_its_own_reading_up() -> None:
    """Where reading the subject waits for ever, because of the subject, that is a violation."""

    class Locked(LittleHarness):
        async def reading(self, subject: Any) -> Any:
            await asyncio.Event().wait()

    verdict = judged("a counter", "it is asked for its reading", "it is witnessed", harness=Locked)
    assert (verdict.outcome, verdict.expected) == (Outcome.VIOLATED, "the subject comes to an end")


def test_a_subject_that_cancels_everybody() -> None:
    """A subject that cancels all tasks of the loop, its caller's too, is to blame, and not the suite."""

    class Rude(Counter):
        async def add(self) -> None:
            for task in asyncio.all_tasks():
                task.cancel()
            await asyncio.sleep(1)

    class RudeHarness(LittleHarness):
        def create(self) -> Any:
            return Rude()

    verdict = judged("a counter", "two add", "it counted to two", harness=RudeHarness)
    assert (verdict.outcome, verdict.observed) == (
        Outcome.VIOLATED,
        "it cancelled the task of its caller",
    )


def test_real_io_is_no_verdict_on_the_subject() -> None:
    """A subject that reaches for the network cannot be judged, even if it hides the refusal."""

    class Online(Counter):
        async def add(self) -> None:
            try:
                await asyncio.open_connection("db.example", 5432)
            except OSError:
                await super().add()

    class OnlineHarness(LittleHarness):
        def create(self) -> Any:
            return Online()

    verdict = judged("a counter", "two add", "it counted to two", harness=OnlineHarness)
    assert verdict.outcome is Outcome.BROKEN
    assert "real I/O inside virtual time: a connection to 'db.example'" in verdict.message
    assert "Hand it a fake of what it talks to in create()." in verdict.message


def test_a_subject_that_exits() -> None:
    """An attempt to end the process is told from an ordinary error."""

    class Leaving(Counter):
        async def add(self) -> None:
            sys.exit("enough")

    class LeavingHarness(LittleHarness):
        def create(self) -> Any:
            return Leaving()

    async def nobody_left(world: World) -> None:
        for attempt in world.seen.attempts:
            if attempt.ended is Ended.EXITED:
                raise ContractViolation(expected="it stays", observed=str(attempt))

    verdict = judged("a counter", "two add", "nobody left", harness=LeavingHarness, steps={"nobody_left": nobody_left})
    assert (verdict.outcome, verdict.observed) == (
        Outcome.VIOLATED,
        "it tried to exit the process: SystemExit: enough",
    )


# -- what cannot be run ----------------------------------------------------------------------------


def test_missing_needs() -> None:
    """A need of the clause makes it untested, a need of one scenario only that scenario not applicable."""
    plain = scenario("a counter", "it is witnessed")
    needy = scenario("a counter", "it is witnessed", number=2, needs=("reading",))

    of_clause = session(clause(needy, needs=("reading",))).verdict("LIT-001")
    assert (of_clause.outcome, of_clause.message) == (Outcome.UNTESTED, "needs reading() in the harness")
    of_scenario = session(clause(plain, needy)).verdict("LIT-001")
    assert of_scenario.outcome is Outcome.PASSED
    assert [one.outcome for one in of_scenario.scenarios] == [Outcome.PASSED, Outcome.NOT_APPLICABLE]
    assert of_scenario.scenarios[1].optional


def test_a_weaker_scenario_gives_way() -> None:
    """A scenario for harnesses without a capability does not run where there is one."""

    class Reading(LittleHarness):
        def reading(self, subject: Any) -> Any:
            return subject.value

    both = clause(
        scenario("a counter", "it is witnessed"),
        scenario("a counter", "it is witnessed", number=2, without=("reading",)),
    )
    outcomes = [one.outcome for one in session(both, harness=Reading).verdict("LIT-001").scenarios]
    assert outcomes == [Outcome.PASSED, Outcome.NOT_APPLICABLE]
    outcomes = [one.outcome for one in session(both).verdict("LIT-001").scenarios]
    assert outcomes == [Outcome.PASSED, Outcome.PASSED]


def preconditioned(earlier_holds: bool) -> tuple[Verdict, Verdict]:
    async def it_ends_early(world: World) -> None:
        raise Precondition("LIT-001", expected="it goes on", observed="it ended")

    async def it_goes_on(world: World) -> None:
        world.witness("it was there", True)
        assert earlier_holds, "it ended"

    words = vocabulary(it_ends_early=it_ends_early, it_goes_on=it_goes_on)
    engine = session(
        clause(scenario("a counter", "it goes on")),
        clause(scenario("a counter", "it ends early", clause="LIT-002"), after=("LIT-001",)),
        words=words,
    )
    return engine.verdict("LIT-001"), engine.verdict("LIT-002")


def test_a_precondition_that_its_own_clause_sees() -> None:
    """A mistake is reported once, under the clause that it breaks."""
    earlier, later = preconditioned(earlier_holds=False)
    assert earlier.outcome is Outcome.VIOLATED
    assert (later.outcome, later.message) == (Outcome.UNTESTED, "precondition: LIT-001")


def test_a_precondition_that_its_own_clause_does_not_see() -> None:
    """Where the other clause passes, this one has to speak: no mistake is lost between two clauses."""
    earlier, later = preconditioned(earlier_holds=True)
    assert earlier.outcome is Outcome.PASSED
    assert (later.outcome, later.message) == (Outcome.VIOLATED, "it ends early")
    assert (later.expected, later.observed) == ("it goes on", "it ended")
    assert later.replay


def test_two_clauses_that_presuppose_each_other() -> None:
    """Clauses that refer to each other end with one of them speaking, and not in a recursion."""

    async def blame_two(world: World) -> None:
        raise Precondition("LIT-002", expected="a", observed="b")

    async def blame_one(world: World) -> None:
        raise Precondition("LIT-001", expected="a", observed="b")

    engine = session(
        clause(scenario("a counter", "blame two")),
        clause(scenario("a counter", "blame one", clause="LIT-002")),
        words=vocabulary(blame_two=blame_two, blame_one=blame_one),
    )
    assert Outcome.VIOLATED in {engine.verdict("LIT-001").outcome, engine.verdict("LIT-002").outcome}


# -- known deviations ------------------------------------------------------------------------------


def known(**fields: Any) -> dict[str, KnownDeviation]:
    values = {"reason": "old code", "owner": "team", "expires": date(2030, 1, 1), "message": "it counted"}
    return {"LIT-001": KnownDeviation(**{**values, **fields})}


def deviating(harness: Any, deviations: dict[str, KnownDeviation], **options: Any) -> Verdict:
    return judged(
        *("a counter", "two add", "it counted to two"), harness=harness, deviations=deviations,
        every_interleaving=True, today=date(2026, 1, 1), **options,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("harness", "fields", "outcome", "about"),
    [
        (Careless, {}, Outcome.KNOWN, "until 2030-01-01"),
        (Careless, {"message": "it counted to 1"}, Outcome.KNOWN, "old code"),
        (Careless, {"expires": date(2026, 1, 1)}, Outcome.KNOWN, "until 2026-01-01"),
        (Careless, {"expires": date(2025, 12, 31)}, Outcome.VIOLATED, "It expired on 2025-12-31"),
        (Careless, {"message": "it lost"}, Outcome.VIOLATED, "recorded with another message ('it lost')"),
        (LittleHarness, {}, Outcome.VIOLATED, "The clause holds: take the entry out."),
    ],
)
def test_known_deviations(harness: Any, fields: dict[str, Any], outcome: Outcome, about: str) -> None:
    """An entry excuses the violation it describes, until its last day, and nothing else."""
    verdict = deviating(harness, known(**fields))
    assert verdict.outcome is outcome
    assert about in verdict.deviation


def test_a_known_deviation_of_what_was_not_tested() -> None:
    """An entry makes an untested clause neither better nor worse."""
    verdict = deviating(LittleHarness, known(), needs=("reading",))
    assert (verdict.outcome, verdict.deviation) == (
        Outcome.NOT_APPLICABLE,
        "known deviation of team: old code",
    )


# -- repeating -------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"timeout_factor": 1.0}, {"timeout_factor": 1.0, "isolation": "thread"}])
def test_every_guard_gives_the_same_verdict(options: dict[str, Any]) -> None:
    """In a forked child, on a guarded thread and unguarded, the verdict is the same to the last letter."""
    steps = ("a counter", "two add", "it counted to two")
    for harness in (Careless, LittleHarness):
        plain = judged(*steps, harness=harness, every_interleaving=True)
        assert judged(*steps, harness=harness, every_interleaving=True, **options) == plain


def test_one_seed_one_verdict() -> None:
    """Two sessions with one seed say the same; each clause is run once per session."""
    runs = [
        judged("a counter", "two add", "it counted to two", harness=Careless, every_interleaving=True, seed=5)
        for _ in range(2)
    ]
    assert runs[0] == runs[1]


def test_a_clause_is_judged_once() -> None:
    """A session remembers its verdicts, whoever asks again."""
    created = []

    class Counting(LittleHarness):
        def create(self) -> Any:
            created.append(1)
            return Counter()

    engine = session(clause(scenario("a counter", "it is witnessed")), harness=Counting)
    first = engine.verdict("LIT-001")
    made = len(created)
    assert engine.verdict("LIT-001") is first
    assert list(engine.events(engine.contract.clauses))[-1].verdict is first  # type: ignore[union-attr]
    assert len(created) == made


def test_an_undisturbed_violation_that_does_not_repeat() -> None:
    """A subject that fails in the first run of the process only is not sold as failing in stock order."""
    runs = []

    class Warm(LittleHarness):
        def reading(self, subject: Any) -> Any:
            runs.append(1)
            return len(runs)

    async def it_is_not_the_first(world: World) -> None:
        assert world.seen.reading > 1, "it was cold"

    verdict = judged(
        "a counter", "it is asked for its reading", "it is not the first", harness=Warm,
        steps={"it_is_not_the_first": it_is_not_the_first},
    )  # fmt: skip
    assert (verdict.outcome, verdict.realism) == (Outcome.VIOLATED, "did not repeat")


# -- secrets ---------------------------------------------------------------------------------------


def test_secrets_are_taken_out_of_verdicts() -> None:
    """No field of a verdict shows a secret, whatever the subject put into its errors."""

    class Secretive(LittleHarness):
        def secrets(self) -> Any:
            return ["hunter22", 'pa"ss\nwörd']

    async def it_tells(world: World) -> None:
        world.situation = "while hunter22 was set"
        raise ContractViolation(expected="hunter22", observed=repr('pa"ss\nwörd'))

    async def it_fails(world: World) -> None:
        raise TypeError("hunter22")

    for steps in (("a counter", "it tells"), ("a counter", "it fails")):
        verdict = judged(*steps, harness=Secretive, steps={"it_tells": it_tells, "it_fails": it_fails})
        assert "hunter22" not in repr(verdict)
        assert "wörd" not in repr(verdict)
        assert "«redacted»" in repr(verdict)
