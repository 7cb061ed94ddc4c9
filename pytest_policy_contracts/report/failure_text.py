"""One violated, broken or known clause, told in the same words in every face.

    RLD-007 MUST  violated   a cancelled reload leaves the old state or the new one, never a mixture
      Then its settings are the original or the new ones every time
      expected  {'ttl': 30, 'size': 10} or {'ttl': 60, 'size': 20}
      replay    pytest --policy-contracts-replay=RLD-007:1:s2

Rules: a line whose value is empty is left out; further lines of a value stand under its first. Only
the replay line differs between faces. It must not say anything that the verdict does not.
"""

from collections.abc import Iterator

from pytest_policy_contracts.verification.verdicts import Outcome, Verdict

PYTEST_COMMAND = "pytest --policy-contracts-replay="
TOKEN = "{token}"

_INDENT = "  "
_LABEL_WIDTH = 10


def failure_text(verdict: Verdict, command: str = PYTEST_COMMAND) -> str:
    """Tell what is wrong with a clause.

    `command` is what replays it: the token stands where `{token}` is, else at the end.
    """
    return "\n".join([heading(verdict), *_body(verdict, command)])


def heading(verdict: Verdict) -> str:
    """Return the first line: which clause, how much it binds, how it ended, what it promises."""
    return f"{columns(verdict)} {sentence(verdict.title)}".rstrip()


def columns(verdict: Verdict) -> str:
    """Return id, level and outcome in columns."""
    return f"{verdict.id} {verdict.level:<5} {verdict.outcome.value:<10}"


def sentence(title: str) -> str:
    """Return a title as the middle of a sentence: small, unless it opens with an abbreviation."""
    first = title.partition(" ")[0]
    return title if len(first) > 1 and first.isupper() else title[:1].lower() + title[1:]


def replay_command(command: str, token: str) -> str:
    """Return the command line that replays `token`."""
    return command.replace(TOKEN, token) if TOKEN in command else command + token


def _body(verdict: Verdict, command: str) -> Iterator[str]:
    if said := verdict.step or verdict.message:
        yield from _lines(said, _INDENT)
    for label, value in _labelled(verdict, command):
        if value.strip():
            yield from _lines(value, f"{_INDENT}{label:<{_LABEL_WIDTH}}")


def _labelled(verdict: Verdict, command: str) -> Iterator[tuple[str, str]]:
    yield "expected", verdict.expected
    yield "observed", verdict.observed
    yield "when", verdict.when
    yield "reach", verdict.reach
    yield "replay", replay_command(command, verdict.replay) if verdict.replay else ""
    yield "deviation", verdict.deviation
    # What broke is the suite's or the harness's own code: its author needs the place.
    yield "details", verdict.details if verdict.outcome is Outcome.BROKEN else ""


def _lines(value: str, opening: str) -> Iterator[str]:
    first, *rest = value.rstrip().split("\n")
    yield opening + first
    for line in rest:
        yield (" " * len(opening) + line).rstrip()
