"""One scenario of one harness class as a pytest item.

The session judges the scenario first, where a hang or a crash cannot reach pytest. Then pytest-bdd makes the first,
first-in-first-out run here, step by step, so that its hooks, reporters and the adopter's debugger and coverage see it.
A violation of that run is raised from its step; one that only a schedule shows is raised after the last step.
"""

from __future__ import annotations

from typing import Any

import pytest

from pytest_policy_contracts.clauses import Clause, Scenario
from pytest_policy_contracts.plugin.first_run import FirstRun
from pytest_policy_contracts.plugin.judging import raise_outcome
from pytest_policy_contracts.report.transfer import verdict_to_dict
from pytest_policy_contracts.running.replays import ReplayToken, replay
from pytest_policy_contracts.verification import ContractViolation, SuiteError
from pytest_policy_contracts.verification.session import Session
from pytest_policy_contracts.verification.verdicts import Outcome, ScenarioResult, Verdict, verdict_of


class ContractItem(pytest.Function):
    """A scenario to run; `result` is set once it was judged."""

    contract_session: Session
    clause: Clause
    scenario: Scenario
    result: ScenarioResult | None = None
    first_run: FirstRun | None = None
    token: ReplayToken | None = None

    @classmethod
    def from_parent(cls, parent: Any, **kw: Any) -> Any:
        """Make the item of a scenario."""
        own = {name: kw.pop(name) for name in ("contract_session", "clause", "scenario")}
        item = super().from_parent(parent, **kw)
        for name, value in own.items():
            setattr(item, name, value)
        return item

    def runtest(self) -> None:
        """Judge the scenario, then let pytest-bdd make the first run."""
        session = self.contract_session
        session.request = self._request
        if self.token is not None:
            self.result = replay(session, self.token).scenarios[0]
            raise_outcome(self, self.result)
            return
        self.result = session.result(self.clause, self.scenario)
        if self.result.killed or not self._can_be_seen(self.result):
            raise_outcome(self, self.result)
            return
        # The row of an outline, which pytest-bdd puts into the texts of the steps.
        self.funcargs["_pytest_bdd_example"] = dict(self.scenario.example)
        with FirstRun(session, self.scenario) as self.first_run:
            super().runtest()
        raise_outcome(self, self.result)

    def _can_be_seen(self, result: ScenarioResult) -> bool:
        return result.outcome in (Outcome.PASSED, Outcome.VIOLATED)

    def verdict_on(self, result: ScenarioResult) -> Verdict:
        """Return the verdict that this scenario alone would give its clause."""
        clause = self.clause
        return verdict_of(clause.id, clause.level.value, clause.title, (result,))

    def payload(self) -> dict[str, Any] | None:
        """Return what the report needs to know of this item, in plain values that xdist can carry."""
        if self.result is None:
            return None
        session, clause = self.contract_session, self.clause
        deviation = session.deviations.get(clause.id)
        return {
            "harness": session.name,
            "contract": session.contract.name,
            "version": session.contract.version,
            "scenario": self.scenario.number,
            "deviation": _plain(deviation) if deviation else None,
            "verdict": verdict_to_dict(self.verdict_on(self.result)),
        }

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show a violation by its failure text, and a fault of the suite or the harness by its message."""
        if isinstance(excinfo.value, (ContractViolation, SuiteError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Point at the scenario in its feature file."""
        return self.scenario.file, self.scenario.line - 1, self.name


def _plain(deviation: Any) -> dict[str, str]:
    return {
        "reason": deviation.reason,
        "owner": deviation.owner,
        "expires": deviation.expires.isoformat(),
        "message": deviation.message,
    }
