"""Who is bound where."""

import asyncio
import threading
from contextvars import copy_context
from typing import Any

import pytest

from reference_impl.errors import AccessDeniedError, TenantMissingError

from .fakes import guard_of


def bound(guard: Any) -> str:
    """The tenant that is seen here, found out as anybody would."""
    for tenant in ("acme", "globex"):
        try:
            guard.access(tenant)
        except AccessDeniedError:
            continue
        return tenant
    return "nobody"


def test_with_nobody_bound_the_context_is_missing() -> None:
    """An access outside any binding is denied as a missing context."""
    with pytest.raises(TenantMissingError):
        guard_of().access("globex")


def test_a_binding_lasts_for_its_block() -> None:
    """Inside a binding its tenant is seen, the inner one of two, and none after an error."""
    guard = guard_of()
    with pytest.raises(ZeroDivisionError), guard.bound_to("acme"):
        with guard.bound_to("globex"):
            assert bound(guard) == "globex"
        assert bound(guard) == "acme"
        raise ZeroDivisionError
    assert bound(guard) == "nobody"


def test_bindings_may_be_left_in_any_order() -> None:
    """A binding that is left before one that was entered later takes away itself and brings nobody back."""
    guard = guard_of()
    first, second = guard.bound_to("acme"), guard.bound_to("globex")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert bound(guard) == "globex"
    second.__exit__(None, None, None)
    assert bound(guard) == "nobody"


def test_two_bindings_of_one_tenant_are_two() -> None:
    """Leaving the inner one of two bindings of the same tenant leaves the outer one as it is."""
    guard = guard_of()
    with guard.bound_to("acme"):
        with guard.bound_to("acme"):
            assert bound(guard) == "acme"
        assert bound(guard) == "acme"
    assert bound(guard) == "nobody"


def test_a_binding_may_be_left_in_another_context() -> None:
    """Leaving in a copy of the context, as frameworks do with generators, does no harm there."""
    guard = guard_of()
    binding = guard.bound_to("acme")
    entered = copy_context()
    entered.run(binding.__enter__)
    binding.__exit__(None, None, None)

    assert bound(guard) == "nobody" and entered.run(bound, guard) == "acme"


@pytest.mark.parametrize("nobody", ["", None, 7, b"globex"])
def test_an_id_of_nobody_hides_who_is_bound_around(nobody: Any) -> None:
    """To bind an id that is none gives nobody's rights, and not those of the binding around it."""
    guard = guard_of()
    with guard.bound_to("acme"), guard.bound_to(nobody):
        with pytest.raises(TenantMissingError):
            guard.access("acme")


def test_two_guards_do_not_see_each_other_s_tenants() -> None:
    """Who is bound for one guard is nobody for another one, whose ids may mean something else."""
    one, other = guard_of(), guard_of()
    with one.bound_to("acme"):
        assert bound(one) == "acme" and bound(other) == "nobody"


def test_tasks_and_threads_see_what_belongs_to_them() -> None:
    """Two tasks that take turns keep their tenants, to_thread takes it along, a plain thread starts with nobody."""
    guard = guard_of()

    async def work(tenant: str, mine: asyncio.Event, other: asyncio.Event) -> list[str]:
        with guard.bound_to(tenant):
            mine.set()
            await other.wait()
            return [bound(guard), await asyncio.to_thread(bound, guard)]

    async def both() -> list[list[str]]:
        one, two = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(work("acme", one, two), work("globex", two, one))

    assert asyncio.run(both()) == [["acme", "acme"], ["globex", "globex"]]
    seen: list[str] = []
    with guard.bound_to("acme"):
        thread = threading.Thread(target=lambda: seen.append(bound(guard)))
        thread.start()
        thread.join()
    assert seen == ["nobody"]
