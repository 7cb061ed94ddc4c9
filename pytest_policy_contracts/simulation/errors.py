"""What a simulated run can end in besides a result.

SimulationError
├── Deadlock       nothing can run, nothing will wake up
├── Livelock       steps without end and without passing time
├── RealIOError    the program under test reached for the outside world
└── ReplayError    a recorded schedule does not belong to this program
"""


class SimulationError(Exception):
    """The simulated world cannot go on; the message says what it saw and what to do."""


class Deadlock(SimulationError):
    """Nothing can run and no timer is pending: the message lists who waits for what."""


class Livelock(SimulationError):
    """The step budget is spent although nothing finished: the message lists who keeps running."""


class RealIOError(SimulationError, OSError):
    """Real I/O inside virtual time; an `OSError` too, so that code that handles I/O errors meets one."""


class ReplayError(SimulationError):
    """A replay token that cannot be read, or that was recorded for another program or interpreter."""
