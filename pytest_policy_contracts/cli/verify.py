"""`policy-contracts verify TARGET…`: run the contracts of harnesses.

Rules: a line for each clause as it is through, then what is wrong, then the table and the verdict.
The replay lines work when pasted. Reports are written also when the run fails.
"""

import argparse
import shlex
import shutil
from collections.abc import Mapping

from pytest_policy_contracts.cli.project import Project
from pytest_policy_contracts.report import ContractReport, ReportBuilder, Rules, failure_text
from pytest_policy_contracts.report.formats import check_report_paths, write_report
from pytest_policy_contracts.report.terminal import failing, progress_line, summary_lines
from pytest_policy_contracts.running import run as run_contracts
from pytest_policy_contracts.verification.events import ClauseFinished, Event, HarnessStarted

_WIDTH_WITHOUT_TERMINAL = 120


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    project = Project.here()
    options = project.options(arguments)
    check_report_paths(arguments.report)
    targets = project.targets(arguments.targets)
    known = project.harness_names(targets, options)
    builder = ReportBuilder()
    progress = Progress(Rules(options.level, options.strict))
    for event in run_contracts(targets, options, (builder.listen,), known):
        progress.show(event)
    report = builder.report()
    _tell(report, {target.name: target.place for target in targets})
    for path in arguments.report:
        write_report(report, path)
    return int(report.exit_code)


class Progress:
    """Shows that a long run is alive."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def show(self, event: Event) -> None:
        """Print a line for the events that deserve one."""
        match event:
            case HarnessStarted(harness, contract, version, clauses):
                print(
                    f"{harness} · {contract} {version} · {len(clauses)} clause{'' if len(clauses) == 1 else 's'}",
                    flush=True,
                )
            case ClauseFinished(verdict=verdict):
                print(f"  {progress_line(verdict, self._rules, _width() - 2)}", flush=True)


def replay_template(place: str) -> str:
    """Return the command that replays a token of the harness at `place`."""
    return f"policy-contracts replay {{token}} {shlex.quote(place)}"


def _tell(report: ContractReport, places: Mapping[str, str]) -> None:
    for name, harness in report.harnesses.items():
        for verdict in failing(harness):
            print(f"\n{failure_text(verdict, replay_template(places[name]))}")
    print("\n" + "\n".join(summary_lines(report, _width())))


def _width() -> int:
    return shutil.get_terminal_size((_WIDTH_WITHOUT_TERMINAL, 24)).columns
