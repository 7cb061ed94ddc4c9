"""What the runner tells whoever listens; every report is made of these and nothing else loops over clauses."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_policy_contracts.verification.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins: how much will be tried."""

    schedules: int
    seed: int
    level: str
    strict: bool


@dataclass(frozen=True, slots=True)
class HarnessStarted:
    """The clauses of one harness begin."""

    harness: str
    contract: str
    version: str
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClauseFinished:
    """One clause has its verdict."""

    harness: str
    contract: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class RunFinished:
    """Nothing more will come."""


Event = RunStarted | HarnessStarted | ClauseFinished | RunFinished
"""Any event of a run."""
