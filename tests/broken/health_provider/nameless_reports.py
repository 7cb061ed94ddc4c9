"""Reports that do not say what they are about: HLT-002."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pytest_policy_contracts import HealthReport, HealthStatus
from tests.broken.entry import Broken

from .providers import AsyncHealth, Finding, ServerHarness, SyncHealth


class NamesNoComponent(AsyncHealth):
    """Leaves the component empty, since there is only one."""

    async def health_check(self) -> Sequence[HealthReport]:
        return [replace(report, component="") for report in await super().health_check()]


class ReadsItsModuleFromSettings(AsyncHealth):
    """Takes the module's name from the settings, where nobody has entered one."""

    SETTINGS: dict[str, Any] = {"module": None}

    def _report(self, component: str, finding: Finding) -> HealthReport:
        return replace(super()._report(component, finding), module=self.SETTINGS["module"])


class NamesOnlyTheFirst(SyncHealth):
    """Names its servers by the fragment of their addresses, which only the first one has."""

    NAMES = ("sessions", "pages")
    ADDRESSES = ("redis://cache.internal:6379/0#sessions", "redis://cache.internal:6379/1")

    def health_check(self) -> Sequence[HealthReport]:
        fragments = [address.partition("#")[2] for address in self.ADDRESSES]
        return [
            replace(report, component=fragment)
            for report, fragment in zip(super().health_check(), fragments, strict=True)
        ]


@dataclass(frozen=True)
class Probe:
    """A report of an own type, without a module: it is clear from where it is shown."""

    component: str
    status: HealthStatus | str
    message: str
    checked_at: datetime
    observed_since: datetime
    optional: bool = False
    details: dict[str, object] = field(default_factory=dict)


class ForgetsItsModule(SyncHealth):
    """Answers with its own type of report, which has no module."""

    def health_check(self) -> Sequence[Any]:
        return [
            Probe(one.component, one.status, one.message, one.checked_at, one.observed_since, details=self._details())
            for one in super().health_check()
        ]


class NamesNoComponentContract(ServerHarness):
    def create(self) -> NamesNoComponent:
        return NamesNoComponent()


class ReadsItsModuleFromSettingsContract(ServerHarness):
    def create(self) -> ReadsItsModuleFromSettings:
        return ReadsItsModuleFromSettings()


class NamesOnlyTheFirstContract(ServerHarness):
    def create(self) -> NamesOnlyTheFirst:
        return NamesOnlyTheFirst()


class ForgetsItsModuleContract(ServerHarness):
    def create(self) -> ForgetsItsModule:
        return ForgetsItsModule()


SUBJECTS = [
    Broken(NamesNoComponentContract, ("HLT-002",), "component is ''"),
    Broken(ReadsItsModuleFromSettingsContract, ("HLT-002",), "module is none"),
    Broken(NamesOnlyTheFirstContract, ("HLT-002",), "component is ''"),
    Broken(ForgetsItsModuleContract, ("HLT-002",), "a probe without module"),
]
