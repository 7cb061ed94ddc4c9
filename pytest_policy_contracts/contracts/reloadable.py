"""What a module offers so that it can take new settings while it runs.

Rules: the shape only; what each call promises is said by the clauses RLD-001 to RLD-020 of the
contract `Reloadable`. A class need not derive from the protocol, it only has to fit it. It must not
carry behaviour.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol, runtime_checkable

from pytest_policy_contracts.contracts.changes import ConfigChange


@runtime_checkable
class Reloadable(Protocol):
    """A module that takes new settings while it runs; `reload` may be sync or async."""

    def can_reload(self) -> bool:
        """Say at once, with a plain bool, whether a reload is possible now [RLD-002]."""
        ...

    @property
    def reload_timeout(self) -> timedelta | Callable[[], timedelta]:
        """The longest a reload may take, above 0 and up to 24 h; may be a method [RLD-001]."""
        ...

    def reload(self, changes: list[ConfigChange], /) -> Awaitable[None] | None:
        """Apply all of `changes` or none of them; sync or async.

        Refusal is any `Exception` and leaves the state as it was [RLD-009, RLD-010]; so does a
        cancellation, unless the new state is complete [RLD-007]. The list belongs to the caller and
        is left alone [RLD-015].
        """
        ...
