"""What the contracts say about code that nobody here wrote, pinned."""

import pytest

from pytest_policy_contracts import verify
from tests.found_in_the_wild.pages import harness_of

pytestmark = [
    # Importing discord.py imports audioop, which Python 3.11 and 3.12 deprecate.
    pytest.mark.filterwarnings("ignore:.audioop. is deprecated:DeprecationWarning"),
    # aiobreaker asks for the time with utcnow(), which is deprecated since Python 3.12.
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]

VIOLATED = {
    "logging_dictconfig": ["RLD-010", "RLD-014"],
    "pydantic_settings_reload": ["RLD-019"],
    "discord_reload_extension": ["RLD-007", "RLD-014"],
    "psycopg_pool_resize": [],
    "py_healthcheck:DefaultsContract": ["HLT-007"],
    "py_healthcheck:ErrorTimeoutContract": ["HLT-001"],
    "fastapi_healthchecks_settings": ["HLT-014"],
    "fast_healthchecks_redis:DefaultsContract": ["HLT-007", "HLT-011"],
    "fast_healthchecks_redis:ProbeTimeoutContract": [],
    "django_health_check": [],
    "django_tenants_context": ["TNT-017"],
    "tenantshield_sqlalchemy:WritesContract": [],
    "tenantshield_sqlalchemy:ReadsContract": ["TNT-018"],
    "purgatory_circuit:DefaultsContract": ["ORC-015", "ORC-016"],
    "purgatory_circuit:ExcludedContract": ["ORC-014", "ORC-015"],
    "aiobreaker_circuit:DefaultsContract": ["ORC-014", "ORC-015"],
    "aiobreaker_circuit:DoublingContract": ["ORC-015"],
    "circuitbreaker_circuit": ["ORC-014", "ORC-015"],
    "fast_healthchecks_probe:ProbeTimeoutContract": ["AGG-005", "AGG-014"],
    "fast_healthchecks_probe:CheckTimeoutContract": ["AGG-005", "AGG-014"],
}
"""The MUST clauses that each page says are violated."""

CLAUSES = {
    "TenantGuard": ["TNT-017", "TNT-018"],
    "ReloadOrchestrator": ["ORC-014", "ORC-015", "ORC-016"],
    "HealthAggregator": ["AGG-005", "AGG-007", "AGG-013", "AGG-014"],
}
"""What libraries are held to that have a part of a contract only: the bound tenant, a circuit breaker, one probe."""


@pytest.mark.parametrize("target", VIOLATED)
def test_a_verdict_is_as_published(target: str) -> None:
    """The clauses that a page says are violated are violated, and no others."""
    harness = harness_of(target)

    report = verify(harness, clauses=CLAUSES.get(harness.contract), schedules=30)

    violated = [one.id for one in report.clauses.values() if (one.level, one.outcome) == ("MUST", "violated")]
    assert violated == VIOLATED[target]
    assert report.verdict == ("violated" if violated else "conformant")
