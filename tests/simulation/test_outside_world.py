"""Real I/O is refused where it is asked for, with the remedy, and written down."""

from __future__ import annotations

import asyncio
import concurrent.futures
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pytest_policy_contracts.simulation.errors import RealIOError
from tests.simulation.programs import ended

Ask = Callable[[Any], Awaitable[object]]


async def signals(loop: Any) -> None:
    loop.add_signal_handler(signal.SIGTERM, print)


async def process_pool(loop: Any) -> None:
    # The check looks at the executor before anything is started.
    await loop.run_in_executor(concurrent.futures.ProcessPoolExecutor(1), print)


async def reader(loop: Any) -> None:
    left, right = socket.socketpair()
    with left, right:
        loop.add_reader(left, print)


async def ready_socket(loop: Any) -> None:
    left, right = socket.socketpair()
    with left, right:
        right.send(b"already there")
        await loop.sock_recv(left, 5)


REFUSED: dict[str, tuple[Ask, str]] = {
    "open_connection": (
        lambda loop: asyncio.open_connection("cache.example", 6379),
        "a connection to 'cache.example'",
    ),
    "address": (lambda loop: asyncio.open_connection("127.0.0.1", 9), "a connection to '127.0.0.1'"),
    "start_server": (
        lambda loop: asyncio.start_server(lambda r, w: None, "127.0.0.1", 0),
        "a server on '127.0.0.1'",
    ),
    "unix": (lambda loop: asyncio.open_unix_connection("/run/x"), "a connection to"),
    "datagram": (
        lambda loop: loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("127.0.0.1", 9)),
        "a datagram socket",
    ),
    "getaddrinfo": (lambda loop: loop.getaddrinfo("cache.example", 80), "a name look-up of 'cache"),
    "subprocess": (lambda loop: asyncio.create_subprocess_exec("true"), "a subprocess"),
    "shell": (lambda loop: asyncio.create_subprocess_shell("true"), "a subprocess"),
    "signals": (signals, "a signal handler"),
    "process_pool": (process_pool, "ProcessPoolExecutor (only thread pools work in virtual time)"),
    "reader": (reader, "a socket or pipe"),
    "ready_socket": (ready_socket, "a socket"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_real_io_is_refused(name: str) -> None:
    """Each way out raises `RealIOError` with what was asked for, where, and what to do instead."""
    ask, what = REFUSED[name]

    async def main() -> None:
        await ask(asyncio.get_running_loop())

    run = ended(main)

    assert isinstance(run.error, RealIOError), run.error
    assert what in str(run.error)
    assert "test_outside_world.py:" in str(run.error)
    assert "hand the subject a fake of what it talks to, or a fake transport, in create()" in str(run.error)
    assert len(run.loop.refused) == 1


def test_a_refusal_that_is_swallowed_stays_written_down() -> None:
    """A refusal is an `OSError`, which programs retry; the record does not depend on what they do with it."""

    async def main() -> str:
        for _ in range(3):
            try:
                await asyncio.open_connection("cache.example", 6379)
            except OSError:
                await asyncio.sleep(1)
        return "gave up"

    run = ended(main)

    assert run.value == "gave up"
    assert len(run.loop.refused) == 3


def test_removing_a_signal_handler_that_is_not_there() -> None:
    """Clean-up code may remove a signal handler that was never added."""

    async def main() -> bool:
        return asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)

    assert ended(main).value is False
