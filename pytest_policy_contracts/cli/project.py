"""What the project in the working directory says about a command.

Rules: an argument wins over `[tool.policy-contracts]`, which wins over the default. It must not
load a harness that nobody asked for, except to tell a stray deviation from one of another harness.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.harness.deviation_tables import DeviationTable, load_deviations
from pytest_policy_contracts.harness.settings import Settings, read_settings
from pytest_policy_contracts.running import HarnessTarget, Options, targets_from
from pytest_policy_contracts.running.options import clause_patterns

_FROM_PROJECT = ("schedules", "seed", "level", "timeout_factor")


@dataclass(frozen=True, slots=True)
class Project:
    """The working directory and its settings."""

    root: Path
    settings: Settings

    @classmethod
    def here(cls) -> "Project":
        """Read the project of the working directory; malformed settings raise `UsageError`."""
        root = Path.cwd()
        return cls(root, read_settings(root))

    def targets(self, texts: Sequence[str]) -> tuple[HarnessTarget, ...]:
        """Load the named harnesses, or those of the project."""
        return targets_from(texts or self.settings.harnesses, self.root)

    def target(self, text: str | None) -> HarnessTarget:
        """Load the one harness that is meant; several, or none, raise `UsageError`."""
        found = self.targets([text] if text else [])
        if len(found) != 1:
            places = ", ".join(one.place for one in found) or "none in pyproject.toml"
            raise UsageError(f"Which harness is meant? There is {places}. Name one as TARGET.")
        return found[0]

    def options(self, arguments: argparse.Namespace) -> Options:
        """Return the options of the arguments, completed by the project's."""
        given: dict[str, Any] = {
            name: value for name in _FROM_PROJECT if (value := self._value(arguments, name)) is not None
        }
        return Options(
            **given,
            clauses=clause_patterns(getattr(arguments, "clauses", None)),
            strict=getattr(arguments, "strict", False),
            deviations=tuple(self._deviations(getattr(arguments, "deviations", None))),
        )

    def harness_names(self, run: Sequence[HarnessTarget], options: Options) -> tuple[str, ...]:
        """Return the names of the project's harnesses, where a deviation is about none that run."""
        names = [one.owner.__name__ for one in run]
        if not any(table.unmatched(names) for table in options.deviations):
            return ()
        return tuple(one.owner.__name__ for one in self.targets([]))

    def _value(self, arguments: argparse.Namespace, name: str) -> object:
        value = getattr(arguments, name, None)
        return getattr(self.settings, name) if value is None else value

    def _deviations(self, file: Path | None) -> Iterator[DeviationTable]:
        yield self.settings.deviations
        if file is not None:
            yield load_deviations(self.root / file)
