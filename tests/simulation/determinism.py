"""Prints what a token replays to, for `test_determinism` to compare between processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys

from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.loop import SimulatedLoop
from pytest_policy_contracts.simulation.schedules import Schedule


async def program() -> list[str]:
    """Use whatever asyncio keeps in sets, and names of every origin."""
    seen: list[str] = []
    loop = asyncio.get_running_loop()

    async def child(number: int) -> None:
        try:
            await asyncio.sleep(number % 3)
            seen.append(f"child {number}")
            await asyncio.to_thread(seen.append, f"job {number}")
            await asyncio.Event().wait()
        finally:
            seen.append(f"end of {number}")

    async def fail() -> None:
        await asyncio.sleep(3)
        raise ValueError("the group ends")

    with contextlib.suppress(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            for number in range(8):
                group.create_task(child(number), name=f"child-{number}" if number % 2 else None)
            group.create_task(fail())
            loop.call_soon(seen.append, "called")
    tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(8)]
    done, _ = await asyncio.wait(tasks)
    seen += [task.get_name() for task in done]
    seen += sorted({"set", "of", "words"})
    return seen


def replayed(token: str) -> str:
    """Return everything that can be seen of a run of the program under the token."""
    loop = SimulatedLoop(Choices(Schedule.from_token(token).policy()), journal=[])
    seen = loop.complete(program())
    loop.dismantle()
    return json.dumps([seen, loop.journal, loop.choices.decisions, loop.steps], indent=0)


if __name__ == "__main__":
    sys.stdout.write(replayed(sys.argv[1]))
