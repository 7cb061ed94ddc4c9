"""Details that cannot be written as strict JSON: HLT-018."""

from datetime import UTC, datetime

from tests.broken.entry import Broken

from .providers import AsyncHealth, AsyncServer, Details, Finding, ServerHarness, SyncHealth


class AveragesNothing(AsyncHealth):
    """Shows the mean of no samples, which is not a number."""

    def _details(self) -> Details:
        return {**super()._details(), "latency": {"samples": 0, "mean_ms": float("nan")}}


class ShowsASet(SyncHealth):
    """Shows the commands its server knows, as the set it keeps them in."""

    def _details(self) -> Details:
        return {**super()._details(), "commands": {"GET", "SET", "PING"}}


class ShowsTheRawAnswer(AsyncHealth):
    """Shows what the server said, in bytes."""

    async def _found(self, server: AsyncServer) -> Finding:
        finding = await super()._found(server)
        self._raw = b"+PONG\r\n"
        return finding

    def _details(self) -> Details:
        return {**super()._details(), "raw": self._raw}


class ShowsAMoment(SyncHealth):
    """Shows when it began to watch, as a datetime in a list."""

    def __init__(self) -> None:
        super().__init__()
        self._watching_since = datetime.now(UTC)

    def _details(self) -> Details:
        return {**super()._details(), "moments": [self._watching_since]}


class AveragesNothingContract(ServerHarness):
    def create(self) -> AveragesNothing:
        return AveragesNothing()


class ShowsASetContract(ServerHarness):
    def create(self) -> ShowsASet:
        return ShowsASet()


class ShowsTheRawAnswerContract(ServerHarness):
    def create(self) -> ShowsTheRawAnswer:
        return ShowsTheRawAnswer()


class ShowsAMomentContract(ServerHarness):
    def create(self) -> ShowsAMoment:
        return ShowsAMoment()


SUBJECTS = [
    Broken(AveragesNothingContract, ("HLT-018",), "'mean_ms': nan"),
    Broken(ShowsASetContract, ("HLT-018",), "object of type set is not json serializable"),
    Broken(ShowsTheRawAnswerContract, ("HLT-018",), "object of type bytes is not json serializable"),
    Broken(ShowsAMomentContract, ("HLT-018",), "object of type datetime is not json serializable"),
]
