"""The reference implementation's providers, and its whole service asked as one provider."""

from collections.abc import Sequence
from datetime import timedelta

from pytest_policy_contracts import AggregatorConfig, HealthReport
from reference_impl.health import CompositeProvider, HealthService, SimpleProvider

from .composite import Gateway
from .stand_ins import AsyncStore, StoreHarness
from .to_thread import BlockingStore


async def answers(store: AsyncStore) -> bool:
    return await store.ping() == "pong"


class FunctionProvider(SimpleProvider):
    """One report of one async function."""

    def __init__(self, store: AsyncStore) -> None:
        super().__init__("orders", "store", lambda: answers(store))
        self.store = store


class ThreadFunctionProvider(SimpleProvider):
    """One report of one sync function, which a thread calls."""

    def __init__(self, store: BlockingStore) -> None:
        super().__init__("orders", "store", self._answers)
        self.store = store

    def _answers(self) -> bool:
        return self.store.ping(timeout=1.0) == "pong"


class Shop(CompositeProvider):
    """Three providers of different kinds as one, two of which watch the store that breaks."""

    def __init__(self, store: AsyncStore) -> None:
        super().__init__(
            {
                "orders": FunctionProvider(store),
                "catalogue": FunctionProvider(AsyncStore("catalogue")),
                "gateway": Gateway(store),
            }
        )
        self.store = store


class WholeService:
    """A health service as a provider of its reports, for a service above it."""

    def __init__(self, store: AsyncStore) -> None:
        self.store = store
        self.service = HealthService(AggregatorConfig(provider_timeout=timedelta(seconds=3)))
        self.service.add_provider("orders", FunctionProvider(store))
        self.service.add_provider("gateway", Gateway(store), optional=True)

    async def health_check(self) -> Sequence[HealthReport]:
        return (await self.service.check()).reports


class ReferenceFunctionContract(StoreHarness):
    def create(self) -> FunctionProvider:
        return FunctionProvider(AsyncStore())


class ReferenceThreadFunctionContract(StoreHarness):
    def create(self) -> ThreadFunctionProvider:
        return ThreadFunctionProvider(BlockingStore())


class ReferenceCompositeContract(StoreHarness):
    def create(self) -> Shop:
        return Shop(AsyncStore())


class ReferenceServiceContract(StoreHarness):
    def create(self) -> WholeService:
        return WholeService(AsyncStore())

    async def dispose(self, subject: WholeService) -> None:
        await subject.service.close()
