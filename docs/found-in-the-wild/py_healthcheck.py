"""`healthcheck.HealthCheck` of py-healthcheck, held to the contract HealthProvider.

What it checks is a stand-in for a stock-keeping service; everything else is the library with its
defaults. Its answer is the JSON text that it hands to Flask or Tornado.
"""

import json
import time
from datetime import UTC, datetime

from healthcheck import HealthCheck

from pytest_policy_contracts import HealthProviderHarness, HealthReport


class Stock:
    """What the check asks; `state` is ok, broken or hanging."""

    hangs_for = 86_400.0

    def __init__(self) -> None:
        self.state = "ok"

    def count(self) -> int:
        if self.state == "broken":
            raise ConnectionRefusedError("the stock does not answer")
        time.sleep(self.hangs_for if self.state == "hanging" else 0.01)
        return 17


class ShopHealth:
    """One `HealthCheck` with one checker."""

    def __init__(self, **options: object) -> None:
        self.stock = Stock()
        self.health = HealthCheck(**options)
        self.health.add_check(self._stock_available())

    def health_check(self) -> list[HealthReport]:
        text, _status, _headers = self.health.run()
        return [
            HealthReport(
                module="shop",
                component=result["checker"],
                status="healthy" if result["passed"] else "unhealthy",
                message=result["output"],
                checked_at=datetime.fromtimestamp(result["timestamp"], UTC),
                observed_since=datetime.fromtimestamp(result["timestamp"], UTC),
                details={"response_time": result["response_time"]},
            )
            for result in json.loads(text)["results"]
        ]

    def _stock_available(self):  # type: ignore[no-untyped-def]
        def stock_available() -> tuple[bool, str]:
            return True, f"{self.stock.count()} articles"

        return stock_available


class DefaultsContract(HealthProviderHarness):
    """A checker that asks another service."""

    def create(self) -> ShopHealth:
        return ShopHealth()

    def break_dependency(self, subject: ShopHealth) -> None:
        subject.stock.state = "broken"

    def hang_dependency(self, subject: ShopHealth) -> None:
        subject.stock.state = "hanging"

    def restore_dependency(self, subject: ShopHealth) -> None:
        subject.stock.state = "ok"


class ErrorTimeoutContract(DefaultsContract):
    """The same with the limit that the library offers for a checker."""

    def create(self) -> ShopHealth:
        return ShopHealth(error_timeout=2)
