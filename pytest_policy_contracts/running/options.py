"""How a run is asked for, checked.

Rules: an option that makes no sense is refused when the value is made, whichever face it came from,
with what was given and what may be given. The defaults are those of every face.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import isfinite

from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.harness.deviation_tables import DeviationTable
from pytest_policy_contracts.verification.scenario_run import Effort
from pytest_policy_contracts.verification.session import Settings

LEVELS = ("must", "should")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a run; a value that makes no sense raises `UsageError`."""

    clauses: tuple[str, ...] | None = None
    """Ids, prefixes or globs; `None` stands for all."""
    level: str = "must"
    schedules: int = 200
    seed: int = 0
    strict: bool = False
    timeout_factor: float = 1.0
    """Stretches the real-time guards; 0 takes them away, for debuggers."""
    deviations: tuple[DeviationTable, ...] = ()
    """Tables outside the harness classes; a later one wins."""
    today: date | None = None
    """The day on which deviations may have expired; `None` stands for the day of the run."""

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise _wrong("level", self.level, '"must" or "should"')
        if not _is_whole(self.schedules) or self.schedules < 0:
            raise _wrong("schedules", self.schedules, "a whole number from 0, which means first in, first out only")
        if not _is_whole(self.seed) or self.seed < 0:
            raise _wrong("seed", self.seed, "a whole number from 0")
        if not _is_factor(self.timeout_factor):
            raise _wrong("timeout_factor", self.timeout_factor, "a number above 0, or 0 for none")

    def engine_settings(self) -> Settings:
        """Return what the engine is told."""
        return Settings(
            effort=Effort(self.schedules, self.seed),
            timeout_factor=self.timeout_factor,
            today=self.today or date.today(),
        )


def clause_patterns(clauses: str | Iterable[str] | None) -> tuple[str, ...] | None:
    """Read what a caller selects: patterns in one text, with commas between them, or in several, or `None` for all.

    What is no text raises `UsageError`.
    """
    if clauses is None:
        return None
    found = (clauses,) if isinstance(clauses, str) else _listed(clauses)
    if not all(isinstance(one, str) for one in found):
        raise _wrong("clauses", clauses, 'ids such as ["RLD-007", "RLD-01*"]')
    return tuple(one.strip() for text in found for one in text.split(",") if one.strip())


def _listed(clauses: object) -> tuple[str, ...]:
    if isinstance(clauses, Iterable):
        return tuple(clauses)
    raise _wrong("clauses", clauses, 'ids such as ["RLD-007", "RLD-01*"]')


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_factor(value: object) -> bool:
    is_number = _is_whole(value) or isinstance(value, float)
    return is_number and isinstance(value, int | float) and isfinite(value) and value >= 0


def _wrong(name: str, value: object, wanted: str) -> UsageError:
    return UsageError(f"{name} is {value!r}. Give {wanted}.")
