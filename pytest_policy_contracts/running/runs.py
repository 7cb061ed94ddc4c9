"""One run over any number of harnesses, told in events.

Rules: `run` refuses what it can refuse when it is called, not when it is listened to. Sessions are
independent: what one harness does cannot reach another. Nothing else in the project loops over the
clauses of a harness, apart from pytest's own items.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from pytest_policy_contracts.clauses import Clause, select_clauses
from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.harness.deviation_tables import deviations_of
from pytest_policy_contracts.running.contracts import contract_of
from pytest_policy_contracts.running.deviations import check_deviations
from pytest_policy_contracts.running.options import Options
from pytest_policy_contracts.running.targets import HarnessTarget
from pytest_policy_contracts.steps.vocabulary import shipped_vocabulary
from pytest_policy_contracts.verification.events import Event, RunFinished, RunStarted
from pytest_policy_contracts.verification.session import Session

Listener = Callable[[Event], None]
"""Is told every event of a run, in their order, before the caller of `run` sees it."""


def run(
    targets: Sequence[HarnessTarget],
    options: Options,
    listeners: Iterable[Listener] = (),
    known_elsewhere: Iterable[str] = (),
) -> Iterator[Event]:
    """Verify the harnesses one after the other and yield what happens.

    `known_elsewhere` names harnesses that deviations may be about although they are not run. No
    harness, no matching clause and a stray deviation raise `UsageError` at once.
    """
    if not targets:
        raise UsageError(
            "No harness was named. Name one, as module:Name or path/to/file.py:Name, or list them "
            'in pyproject.toml: [tool.policy-contracts] harnesses = ["myapp.contracts:Cache"].'
        )
    check_deviations([one.owner for one in targets], options.deviations, known_elsewhere)
    chosen = _chosen(targets, options.clauses)
    sessions = [
        (session_of(target, options), mine)
        for target in targets
        if (mine := tuple(one for one in contract_of(target.owner).clauses if one in chosen))
    ]
    return _told(_events(sessions, options), tuple(listeners))


def session_of(target: HarnessTarget, options: Options) -> Session:
    """Return what judges the clauses of one harness."""
    return Session(
        target.name,
        target.make,
        contract_of(target.owner),
        shipped_vocabulary(),
        options.engine_settings(),
        deviations_of(target.owner, *options.deviations),
    )


def _chosen(targets: Sequence[HarnessTarget], patterns: tuple[str, ...] | None) -> frozenset[Clause]:
    by_contract = sorted(targets, key=lambda target: target.contract)
    every = dict.fromkeys(clause for target in by_contract for clause in contract_of(target.owner).clauses)
    return frozenset(select_clauses(list(every), patterns))


def _events(sessions: Sequence[tuple[Session, tuple[Clause, ...]]], options: Options) -> Iterator[Event]:
    yield RunStarted(options.schedules, options.seed, options.level, options.strict)
    for session, clauses in sessions:
        yield from session.events(clauses)
    yield RunFinished()


def _told(events: Iterable[Event], listeners: Sequence[Listener]) -> Iterator[Event]:
    for event in events:
        for listen in listeners:
            listen(event)
        yield event
