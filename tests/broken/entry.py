"""The form of one entry in the list of broken subjects.

An entry is a claim that the kill matrix checks: this harness breaks these clauses, no other MUST
clause, and the verdict says so for the stated reason. It holds no judgement of its own.
"""

from dataclasses import dataclass

from pytest_policy_contracts.harness import Harness


@dataclass(frozen=True)
class Broken:
    """A harness with a deliberate mistake, the clauses it breaks, and what must give it away.

    `because` is a piece of text that the verdict of each of `clauses` contains, whatever its case.
    """

    harness: type[Harness]
    clauses: tuple[str, ...]
    because: str
