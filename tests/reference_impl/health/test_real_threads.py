"""Threads of sync providers outside virtual time, where they are real and a process has to end in spite of them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

PROGRAM = """
import asyncio, threading
from datetime import timedelta
from pytest_policy_contracts import AggregatorConfig
from reference_impl.health import HealthService

back = threading.Event()

class Stuck:
    def health_check(self):
        back.wait()
        return []

class Well:
    def health_check(self):
        return [type("Report", (), {"status": "healthy"})]

async def main():
    moment = timedelta(milliseconds=50)
    service = HealthService(AggregatorConfig(provider_timeout=moment), closing_grace=moment)
    service.add_provider("stuck", Stuck())
    service.add_provider("well", Well())
    print([str(one.status) for one in (await service.check()).reports])
    await service.close()

asyncio.run(main())
"""

COMES_BACK = """
back.set()
for thread in threading.enumerate():
    if thread is not threading.current_thread():
        thread.join()
"""


def ended(program: str) -> tuple[int, str, str]:
    """The exit status of a program, its output and its complaints."""
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout.strip(), done.stderr


def test_a_process_ends_although_a_provider_hangs() -> None:
    """A thread that never comes back keeps neither the check nor the interpreter from ending."""
    assert ended(PROGRAM) == (0, "['unhealthy', 'healthy']", "")


def test_a_thread_may_come_back_when_the_loop_is_closed() -> None:
    """Whose answer nobody waits for any more raises nothing and complains of nothing."""
    assert ended(PROGRAM + COMES_BACK) == (0, "['unhealthy', 'healthy']", "")
