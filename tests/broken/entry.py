"""The form of one entry in the list of broken subjects.

An entry is a claim that the kill matrix checks: this harness breaks these clauses, no other MUST
clause, and the verdict says so for the stated reason. It holds no judgement of its own.
"""

from dataclasses import dataclass

from pytest_policy_contracts import ReloadableHarness


@dataclass(frozen=True)
class Broken:
    """A harness with a deliberate mistake, the clauses it breaks, and what must give it away."""

    harness: type[ReloadableHarness]
    clauses: tuple[str, ...]
    because: str
