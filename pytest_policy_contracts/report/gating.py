"""Which verdicts fail a run, with which exit code, and why, in one sentence each.

    0 conformant    1 violated    2 nothing was selected    3 incomplete    4 broken

Rules: when several apply, broken goes before violated before incomplete. A violation that needs
another interpreter than today's warns, and fails under level "should"; a known deviation never
fails, an outdated one always does. A harness of which nothing could be tested is never conformant.
It must not look at anything but verdicts and rules.
"""

import sysconfig
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from pytest_policy_contracts.report.results import HarnessReport
from pytest_policy_contracts.simulation.exploration import Realism
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict

MUST = "MUST"
SHOULD_LEVEL = "should"


class ExitCode(IntEnum):
    """The exit codes of every face that has one."""

    CONFORMANT = 0
    VIOLATED = 1
    USAGE = 2
    INCOMPLETE = 3
    BROKEN = 4


_PRECEDENCE = (ExitCode.BROKEN, ExitCode.VIOLATED, ExitCode.INCOMPLETE)


class Effect(StrEnum):
    """What one verdict does to its run."""

    NONE = "none"
    WARNS = "warns"
    FAILS = "fails"


def _is_free_threaded_build() -> bool:
    return bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


@dataclass(frozen=True, slots=True)
class Rules:
    """What a run is held to. `free_threaded` says that this interpreter was built without GIL."""

    level: str = "must"
    strict: bool = False
    free_threaded: bool = _is_free_threaded_build()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a run, its exit code, and a sentence for each thing that made it non-zero."""

    verdict: str
    exit_code: ExitCode
    reasons: tuple[str, ...] = ()


def effect_of(verdict: Verdict, rules: Rules) -> Effect:
    """Say whether the verdict of a clause fails the run, warns, or neither."""
    match verdict.outcome:
        case Outcome.BROKEN:
            return Effect.FAILS
        case Outcome.VIOLATED:
            return Effect.FAILS if _fails(verdict, rules) else Effect.WARNS
        case Outcome.UNTESTED if rules.strict and verdict.level == MUST:
            return Effect.FAILS
    return Effect.NONE


def judge(harnesses: Iterable[HarnessReport], rules: Rules) -> Judgement:
    """Judge a run by all that was found."""
    chosen = [one for one in harnesses if one.expected or one.clauses]
    if not chosen:
        return Judgement(
            "incomplete",
            ExitCode.USAGE,
            ("No harness with a clause was selected, so nothing was verified: name a harness.",),
        )
    reasons = [found for harness in chosen for found in _reasons(harness, rules)]
    codes = {code for code, _ in reasons}
    code = next((code for code in _PRECEDENCE if code in codes), ExitCode.CONFORMANT)
    in_order = sorted(reasons, key=lambda found: _PRECEDENCE.index(found[0]))
    return Judgement(code.name.lower(), code, tuple(sentence for _, sentence in in_order))


def _fails(verdict: Verdict, rules: Rules) -> bool:
    # A deviation that is still noted beside a violation has expired, changed or become needless.
    if verdict.deviation or rules.level == SHOULD_LEVEL:
        return True
    return verdict.level == MUST and (verdict.is_real_today or _is_real_here(verdict, rules))


def _is_real_here(verdict: Verdict, rules: Rules) -> bool:
    return rules.free_threaded and verdict.realism == Realism.NEEDS_FREE_THREADING


_Sentence = Callable[[HarnessReport, Rules], str]


def _reasons(harness: HarnessReport, rules: Rules) -> Iterator[tuple[ExitCode, str]]:
    for code, sentence_of in _SENTENCES:
        if sentence := sentence_of(harness, rules):
            yield code, sentence


def _broken(harness: HarnessReport, rules: Rules) -> str:
    ids = harness.ids(Outcome.BROKEN)
    if not ids:
        return ""
    return (
        f"{_clauses(ids)} of {harness.name} could not be judged, because the suite or the harness "
        "failed; that says nothing about the subject."
    )


def _violated(harness: HarnessReport, rules: Rules) -> str:
    ids = [one for one in harness.ids(Outcome.VIOLATED) if effect_of(harness.clauses[one], rules) is Effect.FAILS]
    return f"{harness.name} violates {_clauses(ids)}." if ids else ""


def _missing(harness: HarnessReport, rules: Rules) -> str:
    if not harness.missing:
        return ""
    return f"{_clauses(harness.missing)} of {harness.name} did not run, although expected."


def _untested(harness: HarnessReport, rules: Rules) -> str:
    ids = [one for one in harness.ids(Outcome.UNTESTED) if harness.clauses[one].level == MUST]
    if not (rules.strict and ids):
        return ""
    return f"{_clauses(ids)} of {harness.name} could not be tested, and strict asks for each MUST."


def _nothing_tested(harness: HarnessReport, rules: Rules) -> str:
    void = harness.ids(Outcome.UNTESTED, Outcome.NOT_APPLICABLE)
    if not void or len(void) < len(harness.clauses):
        return ""
    return f"Nothing was tested of {harness.name} ({_clauses(void)}), so nothing is shown."


_SENTENCES: tuple[tuple[ExitCode, _Sentence], ...] = (
    (ExitCode.BROKEN, _broken),
    (ExitCode.VIOLATED, _violated),
    (ExitCode.INCOMPLETE, _missing),
    (ExitCode.INCOMPLETE, _untested),
    (ExitCode.INCOMPLETE, _nothing_tested),
)


def _clauses(ids: Iterable[str]) -> str:
    named = list(ids)
    return named[0] if len(named) == 1 else f"{len(named)} clauses ({', '.join(named)})"
