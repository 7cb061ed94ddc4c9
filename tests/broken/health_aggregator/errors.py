"""Errors that are taken for others than they are: AGG-004."""

from pytest_policy_contracts import HealthStatus
from tests.broken.entry import Broken

from .aggregators import DEGRADED, UNHEALTHY, Aggregator, AggregatorContract, is_temporary


def chain(error: BaseException | None):
    """The error and its causes."""
    while error is not None:
        yield error
        error = error.__cause__


class DoesNotUnwrap(Aggregator):
    """Looks at the error that it caught, and not at what is wrapped in it."""

    def _severity(self, error: BaseException) -> HealthStatus:
        if isinstance(error, BaseExceptionGroup):
            return super()._severity(error)
        return DEGRADED if getattr(error, "temporary", False) else UNHEALTHY


class FollowsCausesOnly(Aggregator):
    """Follows `raise … from …`, and forgets what was being handled when an error was raised."""

    def _severity(self, error: BaseException) -> HealthStatus:
        if isinstance(error, BaseExceptionGroup):
            alike = all(self._severity(one) is DEGRADED for one in error.exceptions)
            return DEGRADED if alike else UNHEALTHY
        return DEGRADED if any(getattr(one, "temporary", False) for one in chain(error)) else UNHEALTHY


class AnyOfAGroup(Aggregator):
    """Takes a group for temporary where one of its errors is."""

    def _severity(self, error: BaseException) -> HealthStatus:
        if isinstance(error, BaseExceptionGroup):
            return DEGRADED if any(self._severity(one) is DEGRADED for one in error.exceptions) else UNHEALTHY
        return super()._severity(error)


class HasTheAttribute(Aggregator):
    """Asks whether there is an attribute `temporary`, and not whether it is true."""

    def _severity(self, error: BaseException) -> HealthStatus:
        return DEGRADED if hasattr(error, "temporary") or is_temporary(error) else UNHEALTHY


class DoesNotUnwrapContract(AggregatorContract):
    kind = DoesNotUnwrap


class FollowsCausesOnlyContract(AggregatorContract):
    kind = FollowsCausesOnly


class AnyOfAGroupContract(AggregatorContract):
    kind = AnyOfAGroup


class HasTheAttributeContract(AggregatorContract):
    kind = HasTheAttribute


SUBJECTS = [
    Broken(DoesNotUnwrapContract, ("AGG-004",), "a provider raises an error that was caused by a temporary one"),
    Broken(FollowsCausesOnlyContract, ("AGG-004",), "was raised while a temporary one was handled"),
    Broken(AnyOfAGroupContract, ("AGG-004",), "a group with one error that is not temporary"),
    Broken(HasTheAttributeContract, ("AGG-004",), "an error whose attribute `temporary` is false"),
]
