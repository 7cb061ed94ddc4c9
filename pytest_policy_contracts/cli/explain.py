"""`policy-contracts explain RLD-007`: what a clause promises, why, and how it is tested.

Rules: everything is read from the feature file and the harness class, so that it cannot go stale.
It must not import what runs a clause.
"""

import argparse
import shutil
import textwrap
from collections.abc import Iterable, Iterator

from pytest_policy_contracts.clauses import Clause, Scenario, Step, load_contract, shipped_contracts
from pytest_policy_contracts.cli.list import INTERLEAVING_SIGN, PLACE_SIGN, signs
from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.contracts.near_matches import did_you_mean
from pytest_policy_contracts.harness import Harness
from pytest_policy_contracts.harness.capabilities import definition_of

_MAX_WIDTH = 100
_INTERLEAVING = (
    f"{INTERLEAVING_SIGN} Every interleaving: re-run under many seeded schedules (200 unless "
    "--schedules says otherwise); a violation names the schedule that shows it."
)
_PLACE = (
    f"{PLACE_SIGN} Each place: a cancellation is delivered at each place where the subject waits, one run per place."
)
_SINGLE = "One run in virtual time, first in, first out."


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    width = min(shutil.get_terminal_size((_MAX_WIDTH, 24)).columns, _MAX_WIDTH)
    print("\n".join(explanation(_find(arguments.clause), width)))
    return 0


def explanation(clause: Clause, width: int = _MAX_WIDTH) -> Iterator[str]:
    """Yield the lines that explain a clause, at most `width` columns wide but for Gherkin."""
    sign = f" {signs(clause)}" if signs(clause) else ""
    yield f"{clause.id} {clause.level.value}{sign} · {clause.contract}, since {clause.since}"
    yield from _wrapped(clause.title, width, "  ")
    if clause.rationale:
        yield from _section("Why", _wrapped(clause.rationale, width, "  "))
    yield from _section("How it is tested", _ways(clause, width))
    yield from _section("What it needs", _needs(clause, width))
    for scenario in clause.scenarios:
        yield from _section(*_gherkin(scenario))


def _find(clause_id: str) -> Clause:
    known = {one.id: one for name in shipped_contracts() for one in load_contract(name).clauses}
    wanted = clause_id.strip().upper()
    if wanted not in known:
        raise UsageError(f"There is no clause {clause_id!r}. {did_you_mean(wanted, known)}")
    return known[wanted]


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield title
    yield from lines


def _wrapped(text: str, width: int, indent: str, hanging: str = "") -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        width,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_on_hyphens=False,
    )


def _ways(clause: Clause, width: int) -> Iterator[str]:
    interleaved = any(one.every_interleaving for one in clause.scenarios)
    placed = any(one.every_place for one in clause.scenarios)
    ways = [*([_INTERLEAVING] if interleaved else []), *([_PLACE] if placed else [])]
    for way in ways or [_SINGLE]:
        yield from _wrapped(way, width, "  ", "   ")
    if clause.after:
        after = ", ".join(clause.after)
        yield from _wrapped(f"Untested where {after} hangs or crashes, which is then reported there.", width, "  ")


def _needs(clause: Clause, width: int) -> Iterator[str]:
    needs = dict.fromkeys(need for scenario in clause.scenarios for need in scenario.needs)
    if not needs:
        yield "  Nothing beyond the required methods of the harness."
    base = _harness_base(clause.contract)
    for need in needs:
        whole = "" if need in clause.needs else "  (for some scenarios)"
        definition, meaning = definition_of(base, need) if base else (f"def {need}(self)", "")
        yield f"  {definition}{whole}"
        yield from _wrapped(meaning, width, "      ")


def _harness_base(contract: str) -> type[Harness] | None:
    return next((one for one in Harness.__subclasses__() if one.contract == contract), None)


def _gherkin(scenario: Scenario) -> tuple[str, Iterator[str]]:
    remarks = [
        *([INTERLEAVING_SIGN] if scenario.every_interleaving else []),
        *([PLACE_SIGN] if scenario.every_place else []),
        *(["async subjects only"] if scenario.async_only else []),
        *(["sync subjects only"] if scenario.sync_only else []),
        *(f"needs {need}" for need in scenario.needs),
        *(f"without {name}" for name in scenario.without),
    ]
    title = f"Scenario {scenario.number}: {scenario.name}"
    return title + (f"   [{', '.join(remarks)}]" if remarks else ""), _steps(scenario.steps)


def _steps(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        yield f"  {step.shown_keyword} {step.text}"
        yield from (f"    {line}" for line in (step.docstring or "").splitlines())
        yield from (f"    | {' | '.join(row)} |" for row in step.datatable or ())
