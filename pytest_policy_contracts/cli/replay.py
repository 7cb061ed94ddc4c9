"""`policy-contracts replay TOKEN TARGET`: run one recorded schedule again.

Rules: shows what failed and the journal of the run; ends with 1 if it failed again, with 0 if not,
and says which. What deviates as known fails here all the same: the question is what happens.
"""

import argparse

from pytest_policy_contracts.cli.project import Project
from pytest_policy_contracts.cli.verify import replay_template
from pytest_policy_contracts.report import failure_text
from pytest_policy_contracts.report.gating import ExitCode
from pytest_policy_contracts.running import ReplayToken, replay, session_of
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict

_FAILED = {Outcome.VIOLATED: ExitCode.VIOLATED, Outcome.BROKEN: ExitCode.BROKEN}


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    token = ReplayToken.parse(arguments.token)
    project = Project.here()
    target = project.target(arguments.target)
    verdict = replay(session_of(target, project.options(arguments)), token)
    code = _FAILED.get(verdict.outcome, ExitCode.CONFORMANT)
    if code is not ExitCode.CONFORMANT:
        print(failure_text(verdict, replay_template(target.place)))
    _print_journal(verdict)
    print(_ending(verdict, token, target.name))
    return int(code)


def _print_journal(verdict: Verdict) -> None:
    lines = [line for scenario in verdict.scenarios for line in scenario.journal]
    if lines:
        print("\njournal (virtual seconds, who ran, where it stands)")
        print("\n".join(f"  {line}" for line in lines) + "\n")


def _ending(verdict: Verdict, token: ReplayToken, name: str) -> str:
    match verdict.outcome:
        case Outcome.VIOLATED:
            return f"{token} fails again with {name}."
        case Outcome.BROKEN:
            return f"{token} could not be replayed: the suite or {name} failed."
        case Outcome.PASSED:
            return f"{token} does not fail any more with {name}: every claim held in this run."
    return f"{token} does not fail any more with {name}; this run ended as {verdict.outcome}" + (
        f" ({verdict.message})." if verdict.message else "."
    )
