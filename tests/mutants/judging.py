"""Judges one part of the reference as it is on disk: `python -m tests.mutants.judging guard` exits 1 at the first breach.

It runs in a process of its own that is killed when it takes too long, so nothing in here guards against hangs.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import TypeVar

from pytest_policy_contracts.clauses import load_contract
from pytest_policy_contracts.harness import Harness
from pytest_policy_contracts.simulation.guard import Guarded
from pytest_policy_contracts.steps.vocabulary import shipped_vocabulary
from pytest_policy_contracts.verification.scenario_run import Effort
from pytest_policy_contracts.verification.session import Session, Settings
from pytest_policy_contracts.verification.verdicts import Outcome

T = TypeVar("T")

SCHEDULES = 200

JUDGES = {
    "orchestrator": (
        "reload_orchestrator.reference:ReferenceOrchestratorContract",
        "reloadable.reference:SettingsModuleContract",
    ),
    "health": (
        "health_aggregator.reference:ReferenceHealthServiceContract",
        "health_provider.reference:ReferenceFunctionContract",
        "health_provider.reference:ReferenceThreadFunctionContract",
        "health_provider.reference:ReferenceCompositeContract",
    ),
    "guard": ("tenant_guard.reference:ReferenceGuardContract",),
}
"""The harnesses under `tests/conforming` that judge a part, the one that sees most first."""

BREACHES = frozenset({Outcome.VIOLATED, Outcome.BROKEN})


class Unguarded(Session):
    """A session that trusts its subject to end."""

    def guarded(self, function: Callable[[Callable[[int], None]], T]) -> Guarded[T]:
        return Guarded("returned", function(lambda _number: None))


def breach(part: str, schedules: int = SCHEDULES) -> str:
    """Return the first breach that the suite finds, or nothing."""
    for target in JUDGES[part]:
        module, _, name = target.partition(":")
        harness: type[Harness] = getattr(import_module(f"tests.conforming.{module}"), name)
        contract = load_contract(harness.contract)
        session = Unguarded(name, harness, contract, shipped_vocabulary(), Settings(Effort(schedules, 0), 0.0))
        for clause in contract.clauses:
            verdict = session.verdict(clause.id)
            if verdict.outcome in BREACHES:
                return f"{clause.id} {verdict.outcome}"
    return ""


if __name__ == "__main__":
    found = breach(sys.argv[1])
    print(found)
    sys.exit(1 if found else 0)
