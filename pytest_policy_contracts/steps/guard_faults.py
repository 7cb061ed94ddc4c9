"""What goes wrong around a guard while it decides: one function for each fault that a scenario names.

Each hands in accesses that a strict guard has to deny, although its publisher, its clock, its log or its input fails.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from pytest_policy_contracts.contracts import GuardConfig, GuardMode, SuiteError, TenantViolation, ViolationKind
from pytest_policy_contracts.contracts.near_matches import did_you_mean
from pytest_policy_contracts.environment.logs import failing_logs
from pytest_policy_contracts.environment.publishing import Publisher, cancelled, raising
from pytest_policy_contracts.steps.guarding import (
    FRIENDS,
    STRANGER,
    TENANT,
    Access,
    HandedIn,
    create_guard,
    hand_in,
    hand_in_violation,
    of_every_kind,
    whitelist,
)
from pytest_policy_contracts.verification.attempts import Attempt, Ended
from pytest_policy_contracts.verification.world import Style, World

AN_HOUR = 3600.0

Fault = Callable[[World], Awaitable[None]]


async def hand_in_with(world: World, fault: str) -> None:
    """Hand in accesses with the named fault."""
    if fault not in _FAULTS:
        raise SuiteError(f"There is no fault {fault!r}. {did_you_mean(fault, _FAULTS)}")
    await _FAULTS[fault](world)


async def _strict(world: World, publisher: Publisher | None = None) -> None:
    await create_guard(world, GuardConfig(GuardMode.STRICT, whitelist(), 100), publisher)


# -- around the guard -----------------------------------------------------------------------------------------------------


async def _raising_publisher(world: World) -> None:
    await _strict(world, Publisher(fault=raising))
    await hand_in(world, *of_every_kind())


async def _cancelled_publisher(world: World) -> None:
    await _strict(world, Publisher(awaitable=True, fault=cancelled))
    await hand_in(world, *of_every_kind())


_ANOTHER = Access(tenant_id=STRANGER, target_id=TENANT)


class _CallsAgain:
    """A publisher's fault: it asks the guard about another access, and for what it remembers.

    It does so a few times only: the guard publishes that access, too, and perhaps later.
    """

    def __init__(self, world: World, times: int) -> None:
        self._world = world
        self._left = times
        self._inside = False

    def __call__(self) -> object:
        if self._inside or not self._left:
            return None
        self._left -= 1
        if self._world.style is Style.ASYNC:
            return self._ask_awaiting()
        self._ask()
        return None

    def _ask(self) -> None:
        self._inside = True
        try:
            self._world.subject.validate_access(_ANOTHER.violation())
            self._note(Attempt(Ended.RETURNED))
        except Exception as error:
            self._note(Attempt(Ended.RAISED, error=error))
            self._world.subject.recent_violations()
        finally:
            self._inside = False

    def _note(self, attempt: Attempt) -> None:
        self._world.seen.handed_in.append(HandedIn(_ANOTHER, None, attempt))

    async def _ask_awaiting(self) -> None:
        self._inside = True
        try:
            await self._world.subject.validate_access(_ANOTHER.violation())
            self._note(Attempt(Ended.RETURNED))
        except Exception as error:
            self._note(Attempt(Ended.RAISED, error=error))
            answer = self._world.subject.recent_violations()
            if isinstance(answer, Awaitable):
                await answer
        finally:
            self._inside = False


async def _publisher_that_calls_again(world: World) -> None:
    accesses = of_every_kind()
    await _strict(world, Publisher(awaitable=world.style is Style.ASYNC, fault=_CallsAgain(world, len(accesses))))
    await hand_in(world, *accesses)


async def _failing_clock(world: World) -> None:
    await _strict(world)
    world.clock.fail_with(OSError("the clock cannot be read"))
    try:
        await hand_in(world, *of_every_kind())
    finally:
        world.clock.fail_with(None)


async def _clock_jumping_back(world: World) -> None:
    await _strict(world)
    await hand_in(world, *of_every_kind())
    world.clock.jump(-AN_HOUR)
    await hand_in(world, *of_every_kind())


async def _failing_log(world: World) -> None:
    await _strict(world)
    with failing_logs():
        await hand_in(world, *of_every_kind())


# -- in what is handed in -------------------------------------------------------------------------------------------------


class _NoCopy:
    """Cannot be copied, as a lock or an open connection cannot."""

    def __deepcopy__(self, memo: object) -> _NoCopy:
        raise TypeError("this cannot be copied")

    def __copy__(self) -> _NoCopy:
        raise TypeError("this cannot be copied")

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("this cannot be copied")


class _EqualsEverything:
    """Says of everything that it is the same, and hides behind the hash of a tenant that has friends."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash(TENANT)

    def __repr__(self) -> str:
        return "<equals everything>"


async def _uncopyable_details(world: World) -> None:
    await _strict(world)
    for access in of_every_kind():
        for details in ({"connection": _NoCopy()}, {"deep": [{"connection": _NoCopy()}]}, None, 7):
            violation: Any = TenantViolation(
                access.kind,
                access.severity,
                access.tenant_id,
                access.target_id,
                None,
                details,  # type: ignore[arg-type]
            )
            await hand_in_violation(world, access, violation)


async def _wrong_types(world: World) -> None:
    await _hand_in_ids(
        world,
        (None, None), (None, FRIENDS[0]), (TENANT, None), (7, "7"), (True, 1), (0, False), (b"x", "x"),
        (TENANT.encode(), FRIENDS[0]), (object, FRIENDS[0]), (1.5, FRIENDS[0]), (TENANT, 1.5),
    )  # fmt: skip


async def _unhashable(world: World) -> None:
    await _hand_in_ids(
        world,
        ([TENANT], FRIENDS[0]),
        (TENANT, [FRIENDS[0]]),
        ({TENANT: 1}, FRIENDS[0]),
        ([], []),
        ({}, {}),
        (TENANT, {}),
    )


async def _equals_everything(world: World) -> None:
    trickster = _EqualsEverything()
    await _hand_in_ids(
        world, (trickster, STRANGER), (STRANGER, trickster), (trickster, FRIENDS[0]), (TENANT, trickster)
    )


async def _hand_in_ids(world: World, *pairs: tuple[Any, Any]) -> None:
    await _strict(world)
    for tenant, target in pairs:
        access = Access(tenant_id=tenant, target_id=target)
        violation = TenantViolation(access.kind, access.severity, tenant, target, None, {})
        await hand_in_violation(world, access, violation)


def _of_unknown_kinds() -> Iterator[Access]:
    for kind in ("something_else", "", "CROSS TENANT", None, 7, "allowed"):
        yield Access(kind=kind)
        yield Access(kind=kind, target_id=FRIENDS[0])
        yield Access(kind=kind, target_id=TENANT)


async def _unknown_kind(world: World) -> None:
    await _strict(world)
    await hand_in(world, *_of_unknown_kinds())


async def _unknown_severity(world: World) -> None:
    await _strict(world)
    await hand_in(
        world,
        *(Access(kind=kind, severity=severity) for kind in ViolationKind for severity in ("cosmic", "", None, -1)),
    )


_FAULTS: dict[str, Fault] = {
    "a publisher that raises": _raising_publisher,
    "a publisher that calls the guard again": _publisher_that_calls_again,
    "a publisher that ends as cancelled": _cancelled_publisher,
    "a clock that fails": _failing_clock,
    "a clock that jumps back": _clock_jumping_back,
    "a log handler that raises": _failing_log,
    "details that cannot be copied": _uncopyable_details,
    "ids of wrong types": _wrong_types,
    "ids that cannot be hashed": _unhashable,
    "an id that equals everything": _equals_everything,
    "an unknown kind": _unknown_kind,
    "an unknown severity": _unknown_severity,
}
