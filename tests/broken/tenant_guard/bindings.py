"""Bindings that others see, that are not seen inside, or that stay: TNT-017."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

from pytest_policy_contracts import GuardConfig
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, Guard, GuardHarness, SyncGuard


class OnItself(Guard):
    """Keeps the bound tenant in an attribute, where all who ask at the same time find it."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._bound: str | None = None

    @contextmanager
    def bound_to(self, tenant_id: str) -> Iterator[None]:
        before, self._bound = self._bound, tenant_id
        try:
            yield
        finally:
            self._bound = before

    def _tenant(self) -> str | None:
        return self._bound


class BoundForAllTasks(OnItself, AsyncGuard):
    """Binds a tenant for every task there is."""


class BoundForAllThreads(OnItself, SyncGuard):
    """Binds a tenant for every thread there is."""


class BoundToTheThread(AsyncGuard):
    """Binds a tenant to the thread, which all tasks have in common."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._here = threading.local()

    @contextmanager
    def bound_to(self, tenant_id: str) -> Iterator[None]:
        before, self._here.tenant = self._tenant(), tenant_id
        try:
            yield
        finally:
            self._here.tenant = before

    def _tenant(self) -> str | None:
        return getattr(self._here, "tenant", None)


class OneStackForAll(AsyncGuard):
    """Pushes and pops the tenants of all tasks on one stack, and takes the topmost for everybody's."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._stack: list[str] = []

    @contextmanager
    def bound_to(self, tenant_id: str) -> Iterator[None]:
        self._stack.append(tenant_id)
        try:
            yield
        finally:
            self._stack.pop()

    def _tenant(self) -> str | None:
        return self._stack[-1] if self._stack else None


class SharedDefault(SyncGuard):
    """Has a stack in its context variable, whose default is one list for all contexts."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._stack: ContextVar[list[str]] = ContextVar("stack", default=[])

    @contextmanager
    def bound_to(self, tenant_id: str) -> Iterator[None]:
        self._stack.get().append(tenant_id)
        try:
            yield
        finally:
            self._stack.get().pop()

    def _tenant(self) -> str | None:
        stack = self._stack.get()
        return stack[-1] if stack else None


class InAVariable(Guard):
    """Has one context variable, which is right; how it is put back is the mistake."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._variable: ContextVar[str | None] = ContextVar("tenant", default=None)

    def _tenant(self) -> str | None:
        return self._variable.get()


class RestoresFromItself(InAVariable, AsyncGuard):
    """Notes on itself what was bound before, where an inner binding overwrites it."""

    _before: str | None = None

    @contextmanager
    def bound_to(self, tenant_id: str) -> Iterator[None]:
        self._before = self._variable.get()
        self._variable.set(tenant_id)
        try:
            yield
        finally:
            self._variable.set(self._before)


class UnbindsToNobody(InAVariable, SyncGuard):
    """Leaves nobody bound after an inner binding, although the outer one is not left yet."""

    @contextmanager
    def bound_to(self, tenant_id: str) -> Iterator[None]:
        self._variable.set(tenant_id)
        try:
            yield
        finally:
            self._variable.set(None)


class StaysAfterAnError(InAVariable, SyncGuard):
    """Puts back what was bound before, unless the work inside fails."""

    @contextmanager
    def bound_to(self, tenant_id: str) -> Iterator[None]:
        token = self._variable.set(tenant_id)
        yield
        self._variable.reset(token)


class NeverUnbinds(InAVariable, AsyncGuard):
    """Binds until the next request binds somebody else."""

    @contextmanager
    def bound_to(self, tenant_id: str) -> Iterator[None]:
        self._variable.set(tenant_id)
        yield


class BindsInAnotherTask(InAVariable, AsyncGuard):
    """Binds in a task of its own, whose context ends with it; the work inside sees nobody."""

    @asynccontextmanager
    async def bound_to(self, tenant_id: str) -> AsyncIterator[None]:  # type: ignore[override]
        await asyncio.create_task(self._bind(tenant_id), name="bind-tenant")
        yield

    async def _bind(self, tenant_id: str) -> None:
        self._variable.set(tenant_id)


class BoundForAllTasksContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> BoundForAllTasks:
        return BoundForAllTasks(config, publish)


class BoundForAllThreadsContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> BoundForAllThreads:
        return BoundForAllThreads(config, publish)


class BoundToTheThreadContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> BoundToTheThread:
        return BoundToTheThread(config, publish)


class OneStackForAllContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> OneStackForAll:
        return OneStackForAll(config, publish)


class SharedDefaultContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> SharedDefault:
        return SharedDefault(config, publish)


class RestoresFromItselfContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> RestoresFromItself:
        return RestoresFromItself(config, publish)


class UnbindsToNobodyContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> UnbindsToNobody:
        return UnbindsToNobody(config, publish)


class StaysAfterAnErrorContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> StaysAfterAnError:
        return StaysAfterAnError(config, publish)


class NeverUnbindsContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> NeverUnbinds:
        return NeverUnbinds(config, publish)


class BindsInAnotherTaskContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> BindsInAnotherTask:
        return BindsInAnotherTask(config, publish)


SUBJECTS = [
    Broken(BoundForAllTasksContract, ("TNT-017",), "in the task that was bound to acme-7: globex-4"),
    Broken(BoundForAllThreadsContract, ("TNT-017",), "in the task that was bound to acme-7: globex-4"),
    Broken(BoundToTheThreadContract, ("TNT-017",), "in the task that was bound to acme-7: globex-4"),
    Broken(OneStackForAllContract, ("TNT-017",), "in the task that was bound to acme-7: globex-4"),
    Broken(SharedDefaultContract, ("TNT-017",), "in the task that was bound to acme-7: globex-4"),
    Broken(RestoresFromItselfContract, ("TNT-017",), "after the inner binding: globex-4"),
    Broken(UnbindsToNobodyContract, ("TNT-017",), "after the innermost binding: no tenant"),
    Broken(StaysAfterAnErrorContract, ("TNT-017",), "after an error: acme-7"),
    Broken(NeverUnbindsContract, ("TNT-017",), "afterwards: acme-7"),
    Broken(BindsInAnotherTaskContract, ("TNT-017",), "inside: no tenant"),
]
