"""The part every harness shares: which contract, which pytest request, which known deviations.

Rules: a fresh harness is made for every run of a scenario, so what it keeps in `self` lives for one
run. Under pytest the suite sets `request`; elsewhere it stays unset and asking for it is an error
that says so. It must not import pytest, and it must not run anything.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from pytest_policy_contracts.harness.deviations import KnownDeviation
from pytest_policy_contracts.harness.problems import HarnessError

_NONE: Mapping[str, KnownDeviation] = MappingProxyType({})


class Harness:
    """What the base classes of all contracts share; derive from one of those, not from this."""

    contract: ClassVar[str] = ""
    """The name of the contract, such as `Reloadable`; set by the base class."""

    known_deviations: ClassVar[Mapping[str, KnownDeviation]] = _NONE
    """Clause id → the deviation that is known, owned and going to be mended."""

    own_features: ClassVar[Sequence[str]] = ()
    """Feature files of your own, beside the file of the harness class, whose clauses are run with the shipped ones."""

    _request: Any = None

    @property
    def request(self) -> Any:
        """The pytest request of the running item, for `self.request.getfixturevalue("tmp_path")`.

        `Any`, because this package must not import pytest. Outside pytest it raises `HarnessError`.
        """
        if self._request is None:
            raise HarnessError(
                f"{type(self).__name__} asked for self.request, and this run is not under pytest. "
                "Run it with pytest --policy-contracts, or make the subject without fixtures."
            )
        return self._request

    @request.setter
    def request(self, request: Any) -> None:
        self._request = request

    @property
    def is_under_pytest(self) -> bool:
        """Whether `request` may be used."""
        return self._request is not None
