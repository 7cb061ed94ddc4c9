"""Which tenant the running code works for.

A binding lies in the running context, which the language hands on to tasks, callbacks and `asyncio.to_thread`, and to
nothing else [TNT-017]. Plain threads and executors start with no tenant, and so with no rights.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class _Binding:
    """One use of a tenant. It is known by its identity: two of the same tenant are two."""

    __slots__ = ("scope", "tenant_id")

    def __init__(self, scope: object, tenant_id: object) -> None:
        self.scope = scope
        self.tenant_id = tenant_id


# One for all scopes: contexts keep every context variable that was ever set in them.
_bindings: ContextVar[tuple[_Binding, ...]] = ContextVar("tenant_bindings", default=())


class TenantScope:
    """Binds tenants, and tells which one is bound; two scopes do not see each other's tenants."""

    @contextmanager
    def bound_to(self, tenant_id: str) -> Iterator[None]:
        """Work for a tenant while the context lasts.

        Bindings may be left in any order, and in another context than they were entered in, as generators do: each
        takes away itself and no other. Resetting to what was before would bring a tenant back that has left.
        """
        binding = _Binding(self, tenant_id)
        _bindings.set((*_bindings.get(), binding))
        try:
            yield
        finally:
            _bindings.set(tuple(one for one in _bindings.get() if one is not binding))

    def tenant_id(self) -> object:
        """Return the tenant that was bound last and is still bound, as it was given; None where nobody is."""
        for binding in reversed(_bindings.get()):
            if binding.scope is self:
                return binding.tenant_id
        return None
