"""One scenario of one harness, run as often as somebody wants."""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import dataclass, field
from typing import Any

from pytest_policy_contracts.contracts import SuiteError
from pytest_policy_contracts.environment.foreign_values import text_of
from pytest_policy_contracts.harness import Harness, HarnessError
from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.errors import Deadlock, Livelock
from pytest_policy_contracts.simulation.exploration import Plan, Trace
from pytest_policy_contracts.simulation.leaks import Leak
from pytest_policy_contracts.simulation.policies import Policy
from pytest_policy_contracts.simulation.schedules import Mode
from pytest_policy_contracts.verification.made_values import MAKES_VALUES
from pytest_policy_contracts.verification.program import BoundStep, Program
from pytest_policy_contracts.verification.redaction import SHORTEST_SECRET
from pytest_policy_contracts.verification.verdicts import Outcome
from pytest_policy_contracts.verification.violations import (
    ContractViolation,
    EnoughSeen,
    NotApplicable,
    Precondition,
    Untested,
)
from pytest_policy_contracts.verification.world import Style, World


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run of a scenario did not come to a good end."""

    outcome: Outcome
    step_number: int
    message: str = ""
    expected: str = ""
    observed: str = ""
    when: str = ""
    preconditions: tuple[str, ...] = ()
    details: str = ""

    @property
    def key(self) -> str:
        """Equal keys are the same failure."""
        return f"{self.outcome}:{self.step_number}:{self.preconditions}"


@dataclass(slots=True)
class Trial:
    """Makes runs of a program in fresh worlds, and keeps what is the same in all of them."""

    program: Program
    harness: Harness
    capabilities: frozenset[str]
    style: Style
    memo: dict[Any, Any] = field(default_factory=dict)
    witnesses: dict[str, bool] = field(default_factory=dict)

    def run(self, plan: Plan) -> Trace:
        """Run the program once from its first step to its end."""
        execution = Execution(self, plan)
        failure: Failure | None = None
        for bound in self.program:
            failure = execution.perform(bound)
            if failure is not None or execution.finished:
                break
        return execution.close(failure)

    def begin(self, warnings_seen: list[Leak]) -> None:
        """Take what the surroundings record, and learn what no report may show, before the first run."""
        self.memo["warnings"] = warnings_seen
        hidden = self.memo.setdefault("redactions", [])
        if "secrets" in self.capabilities:
            world = World(self.harness, self.capabilities, self.style, Plan(Choices(Policy()), Mode.STOCK), {})
            try:
                secrets = world.loop.complete(world.ask("secrets"), name="secrets")
            except HarnessError:
                return  # the clause about secrets says what is wrong with them
            finally:
                world.close()
            hidden += [text for text in secrets if isinstance(text, str) and len(text) >= SHORTEST_SECRET]

    def redactions(self) -> list[str]:
        """Return the texts that no report may show, longest first, so that no part of one stays."""
        return sorted(set(self.memo.get("redactions", ())), key=lambda text: (-len(text), text))


class Execution:
    """One run, step by step."""

    def __init__(self, trial: Trial, plan: Plan) -> None:
        self.trial = trial
        self.world = World(trial.harness, trial.capabilities, trial.style, plan, trial.memo)
        self.finished = False
        self._step_number = 0

    def perform(self, bound: BoundStep) -> Failure | None:
        """Make one step; return why the scenario cannot go on, or None."""
        self._step_number += 1
        try:
            coroutine = bound.start(self.world)
            if coroutine is not None:
                self.world.loop.complete(coroutine, name=f"step-{self._step_number}")
        except EnoughSeen:
            self.finished = True
        except Exception as error:
            return self._failure(error)
        except asyncio.CancelledError:
            return Failure(
                Outcome.VIOLATED, self._step_number, expected="the subject cancels no task but its own",
                observed="it cancelled the task of its caller", when=self.world.situation,
            )  # fmt: skip
        except SystemExit as error:
            return self._broken(error)
        return None

    def _failure(self, error: Exception) -> Failure:
        number, when = self._step_number, self.world.situation
        match error:
            case ContractViolation() | Precondition():
                return self._claim_failed(error)
            case NotApplicable():
                return Failure(Outcome.NOT_APPLICABLE, number, str(error))
            case Untested():
                return Failure(Outcome.UNTESTED, number, str(error))
            case AssertionError():
                return Failure(Outcome.VIOLATED, number, observed=text_of(error), when=when)
            case Deadlock() | Livelock():
                return self._stuck(error)
        return self._broken(error)

    def _claim_failed(self, error: ContractViolation | Precondition) -> Failure:
        broken_before = isinstance(error, Precondition)
        return Failure(
            Outcome.UNTESTED if broken_before else Outcome.VIOLATED,
            self._step_number,
            message=str(error) if broken_before else "",
            expected=error.expected,
            observed=error.observed,
            when=self._when(error.when),
            preconditions=error.clause_ids if isinstance(error, Precondition) else (),
        )

    def _when(self, told: str) -> str:
        """Return the situation of a failed claim, with the values that were made up for it."""
        made = self.world.memo.get((MAKES_VALUES, self.world.plan.values), {})
        drawn = [f"with {name}() = {text}" for name, text in made.items()]
        return "; ".join(filter(None, (told or self.world.situation, *drawn)))

    def _stuck(self, error: Exception) -> Failure:
        if self.world.asking:
            return self._broken(self._stuck_harness(error))
        return Failure(
            Outcome.VIOLATED,
            self._step_number,
            expected="the subject comes to an end",
            observed=str(error),
            when=self.world.situation,
        )

    def _stuck_harness(self, error: Exception) -> HarnessError:
        name = f"{type(self.trial.harness).__name__}.{self.world.asking}()"
        return HarnessError(f"{name} did not come to an end: {error}. Mend the harness; the subject was not judged.")

    def _broken(self, error: BaseException) -> Failure:
        # A harness's mistake is told in a sentence; what caused it, or a fault of ours, has a place worth knowing.
        told = isinstance(error, SuiteError) and error.__cause__ is None
        details = "" if told else "".join(traceback.format_exception(error))
        message = f"{type(error).__name__}: {text_of(error)}"
        return Failure(Outcome.BROKEN, self._step_number, message, details=details)

    def close(self, failure: Failure | None) -> Trace:
        """Tear the world down and return what the run did."""
        world, trial = self.world, self.trial
        try:
            world.close()
        except Exception as error:
            failure = failure or self._broken(error)
        if world.loop.refused:
            failure = self._refused_io()
        for situation, arose in world.witnesses.items():
            trial.witnesses[situation] = trial.witnesses.get(situation, False) or arose
        return Trace(
            failure=failure,
            failure_key=failure.key if failure else "",
            deadlines=frozenset(world.loop.deadlines),
            places=world.places,
            place_reached=world.place_reached,
            journal=world.journal or [],
        )

    def _refused_io(self) -> Failure:
        return Failure(
            Outcome.BROKEN,
            self._step_number,
            f"the subject reached for real I/O inside virtual time: {self.world.loop.refused[0]}. "
            "Hand it a fake of what it talks to in create().",
        )
