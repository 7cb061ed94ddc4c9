"""What can be wrong with a provider that an aggregator asks: every kind of error, of panic, and of not coming back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from pytest_policy_contracts.contracts import HealthStatus, TemporaryError
from pytest_policy_contracts.environment.supplied_providers import (
    Behaviour,
    EndsLate,
    Hangs,
    IgnoresCancellation,
    Raises,
    ReturnsAwaitable,
    SuppliedProvider,
    says,
)

MakeError = Callable[[], BaseException]
DEGRADED = HealthStatus.DEGRADED


class _TableMissing(RuntimeError):
    """An error that no waiting mends."""

    def __init__(self) -> None:
        super().__init__("the table is missing")


class _Overloaded(Exception):
    """An error of somebody else's type that says of itself that it is temporary."""

    def __init__(self, temporary: bool) -> None:
        super().__init__("overloaded")
        self.temporary = temporary


def _caused_by(make: MakeError) -> MakeError:
    """Return what makes an error that was raised `from` another one."""

    def made() -> BaseException:
        try:
            raise _TableMissing from make()
        except _TableMissing as error:
            return error

    return made


def _while_handling(make: MakeError) -> MakeError:
    """Return what makes an error that was raised while another one was being handled."""

    def made() -> BaseException:
        try:
            try:
                raise make()
            except Exception:
                raise _TableMissing  # noqa: B904  # that it has a context and no cause is the point
        except _TableMissing as error:
            return error

    return made


def _group(*makes: MakeError) -> MakeError:
    return lambda: ExceptionGroup("several at once", [_error(make) for make in makes])


def _error(make: MakeError) -> Exception:
    error = make()
    assert isinstance(error, Exception)
    return error


def _temporary() -> TemporaryError:
    return TemporaryError("overloaded")


def _says_so() -> _Overloaded:
    return _Overloaded(True)


TEMPORARY_ERRORS: Mapping[str, MakeError] = {
    "a TemporaryError": _temporary,
    "an error whose attribute `temporary` is true": _says_so,
    "an error that was caused by a temporary one": _caused_by(_temporary),
    "an error that was raised while a temporary one was handled": _while_handling(_says_so),
    "an error whose cause was caused by a temporary one": _caused_by(_caused_by(_says_so)),
    "an error whose context has a temporary cause": _while_handling(_caused_by(_temporary)),
    "a group of temporary errors": _group(_temporary, _says_so),
    "a group of a group of temporary errors and one that a temporary one has caused": _group(
        _group(_temporary), _caused_by(_temporary)
    ),
}

OTHER_ERRORS: Mapping[str, MakeError] = {
    "an error": _TableMissing,
    "a timeout of its own": lambda: TimeoutError("no answer"),
    "a lost connection": lambda: ConnectionResetError("by peer"),
    "an error whose attribute `temporary` is false": lambda: _Overloaded(False),
    "an error that was caused by another one": _caused_by(lambda: KeyError("table")),
    "a group with one error that is not temporary": _group(_temporary, _TableMissing, _says_so),
    "a group of a group with one error that is not temporary": _group(_temporary, _group(_TableMissing, _says_so)),
}

Fault = tuple[Callable[..., SuppliedProvider], Behaviour]

FAULTS: Mapping[str, Fault] = {
    "raises": (SuppliedProvider, Raises(_TableMissing)),
    "raises a temporary error": (SuppliedProvider, Raises(_temporary, DEGRADED)),
    "raises before there is anything to await": (ReturnsAwaitable, Raises(_TableMissing)),
    "fails an assertion": (SuppliedProvider, Raises(lambda: AssertionError("a table"))),
    "ends as cancelled, although nobody has cancelled it": (SuppliedProvider, Raises(asyncio.CancelledError)),
    "tries to exit the process": (SuppliedProvider, Raises(lambda: SystemExit(1))),
    "hangs": (SuppliedProvider, Hangs()),
    "hangs, and ends late when it is cut off": (SuppliedProvider, EndsLate()),
    "hangs, and goes on when it is cut off": (SuppliedProvider, IgnoresCancellation()),
    "takes 4.9 seconds": (SuppliedProvider, says(HealthStatus.HEALTHY, seconds=4.9)),
}
"""What a provider does that a scenario names, by the words of the scenario."""
