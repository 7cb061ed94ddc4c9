"""A pool of HTTP sessions: opens a new one with retries, swaps, then drains the old one.

The first attempt to connect always fails, so every reload goes through a back-off of 30 s; in
virtual time that is free.
"""

import asyncio
import logging
from collections.abc import Sequence
from copy import deepcopy
from datetime import timedelta

from pytest_policy_contracts import ConfigChange, ReloadableHarness

from .values import Refused, Values, count, merged, text

_log = logging.getLogger("client.sessions")

RULES = {
    "http.endpoint": text,
    "http.connections": count,
    "http.proxy": text,
    "http.token": lambda value: isinstance(value, str) and value.startswith("key-"),
}

TOKEN = "key-4be07c11"
NEXT_TOKEN = "key-a95d20e8"
MALFORMED_TOKEN = "bearer-6f1102d3"


class Session:
    """Stands for open connections; it keeps no credentials itself."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._attempts = 0
        self.busy = 2
        self.closed = False

    async def connect(self) -> None:
        self._attempts += 1
        await asyncio.sleep(1.0)
        if self._attempts == 1:
            raise ConnectionResetError(f"{self._endpoint} is not ready")

    async def drain(self) -> None:
        while self.busy:
            await asyncio.sleep(0.5)
            self.busy -= 1

    def abort(self) -> None:
        self.busy = 0
        self.closed = True


class SessionPool:
    """Settings and session change together, in one assignment."""

    ATTEMPTS = 3
    BACK_OFF_SECONDS = 30.0
    CONNECT_SECONDS = 120.0
    DRAIN_SECONDS = 10.0

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._state: tuple[Values, Session] = (
            {
                "http.endpoint": "https://api.internal",
                "http.connections": 8,
                "http.token": TOKEN,
            },
            Session("https://api.internal"),
        )

    def __repr__(self) -> str:
        return f"SessionPool({self._state[0].get('http.endpoint')!r})"

    def can_reload(self) -> bool:
        return True

    @property
    def reload_timeout(self) -> timedelta:
        return timedelta(minutes=5)

    def settings(self) -> Values:
        return dict(self._state[0])

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._turn:
            values = merged(self._state[0], changes, RULES)
            session = Session(str(values.get("http.endpoint")))
            try:
                await self._open(session)
            except BaseException:
                session.abort()
                raise
            old, self._state = self._state[1], (values, session)
            await self._retire(old)

    async def _open(self, session: Session) -> None:
        try:
            async with asyncio.timeout(self.CONNECT_SECONDS):
                await self._connect(session)
        except TimeoutError:
            raise Refused("the endpoint did not answer in time") from None

    async def _connect(self, session: Session) -> None:
        for attempt in range(1, self.ATTEMPTS + 1):
            try:
                await session.connect()
                return
            except OSError as error:
                _log.warning("attempt %d to connect failed: %s", attempt, error)
            await asyncio.sleep(self.BACK_OFF_SECONDS * attempt)
        raise Refused(f"no connection after {self.ATTEMPTS} attempts")

    async def _retire(self, old: Session) -> None:
        try:
            async with asyncio.timeout(self.DRAIN_SECONDS):
                await old.drain()
        except TimeoutError:
            _log.warning("requests were cut off after %s s", self.DRAIN_SECONDS)
        finally:
            old.abort()


class SessionPoolContract(ReloadableHarness):
    def create(self) -> SessionPool:
        return SessionPool()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("http.endpoint", "https://api.internal", "https://api-2.internal"),
            ConfigChange.modified("http.connections", 8, 16),
            ConfigChange.added("http.proxy", "proxy.internal:3128"),
            ConfigChange.modified("http.token", TOKEN, NEXT_TOKEN, sensitive=True),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("http.connections", 8, 4),
            ConfigChange.added("http.proxy", "proxy-2.internal:3128"),
        ]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("http.connections", 8, 32),
            ConfigChange.modified("http.token", TOKEN, MALFORMED_TOKEN, sensitive=True),
        ]

    def snapshot(self, subject: SessionPool) -> object:
        return subject.settings()

    def secrets(self) -> list[str]:
        return [TOKEN, NEXT_TOKEN, MALFORMED_TOKEN]
