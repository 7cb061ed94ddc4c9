"""`psycopg_pool.AsyncConnectionPool.resize`, held to the contract Reloadable.

The pool is the real one, open and with connections; only the connection is a stand-in, because a
simulated world has no database. Connecting takes it 50 ms of virtual time.
"""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool

from pytest_policy_contracts import ConfigChange, ReloadableHarness

_KEYS = {"pool.min_size": "min_size", "pool.max_size": "max_size"}


class StandIn:
    """As much of `psycopg.AsyncConnection` as the pool touches."""

    def __init__(self) -> None:
        self.pgconn = SimpleNamespace(transaction_status=TransactionStatus.IDLE)
        self.closed = False

    @classmethod
    async def connect(cls, *_: object, **__: object) -> "StandIn":
        await asyncio.sleep(0.05)
        return cls()

    async def close(self) -> None:
        self.closed = True


class ResizablePool:
    """The open pool; a reload is one call of its `resize`."""

    reload_timeout = timedelta(seconds=30)

    def __init__(self, pool: Any) -> None:
        self.pool = pool

    def can_reload(self) -> bool:
        return True

    async def reload(self, changes: list[ConfigChange]) -> None:
        sizes = {"min_size": self.pool.min_size, "max_size": self.pool.max_size}
        for change in changes:
            if change.path in _KEYS:
                sizes[_KEYS[change.path]] = change.new
        await self.pool.resize(**sizes)


class PoolResizeContract(ReloadableHarness):
    """Growing and shrinking a pool while it is open."""

    async def create(self) -> ResizablePool:
        pool: Any = AsyncConnectionPool(
            connection_class=StandIn,  # type: ignore[type-var]
            min_size=2,
            max_size=4,
            open=False,
            check=None,
        )
        await pool.open(wait=True)
        return ResizablePool(pool)

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("pool.min_size", 2, 6),
            ConfigChange.modified("pool.max_size", 4, 8),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("pool.min_size", 2, 3),
            ConfigChange.modified("pool.max_size", 4, 5),
        ]

    def invalid_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("pool.min_size", 2, 9)]

    def snapshot(self, subject: ResizablePool) -> object:
        return {"min_size": subject.pool.min_size, "max_size": subject.pool.max_size}

    async def dispose(self, subject: ResizablePool) -> None:
        await subject.pool.close()
