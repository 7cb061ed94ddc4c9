"""`django_tenants.utils.tenant_context`, held to the part of TenantGuard about the bound tenant.

Who asks is what `connection.schema_name` says, which is what the library's own cache keys, file
storage and search path go by. Nothing connects to a database.
"""

import os
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import django

from pytest_policy_contracts import (
    GuardConfig,
    GuardMode,
    TenantContextMissingError,
    TenantGuardHarness,
    TenantIsolationError,
    TenantViolation,
)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop_site.settings")
django.setup()

from django.db import connection  # noqa: E402
from django_tenants.utils import get_public_schema_name, tenant_context  # noqa: E402


class Schemas:
    """A strict guard that is nothing but the library's idea of the current tenant."""

    mode = GuardMode.STRICT

    def bound(self, tenant_id: str) -> AbstractContextManager[Any]:
        return tenant_context(SimpleNamespace(schema_name=tenant_id))

    def access(self, target_id: str) -> None:
        if connection.schema_name == get_public_schema_name():
            raise TenantContextMissingError("no tenant is bound")
        if connection.schema_name != target_id:
            raise TenantIsolationError(f"bound to {connection.schema_name!r}")

    def validate_access(self, violation: TenantViolation) -> None:
        with self.bound(violation.tenant_id):
            self.access(violation.target_id)

    def recent_violations(self) -> list[TenantViolation]:
        return []


class TenantContextContract(TenantGuardHarness):
    """Only the clauses about the bound tenant: the library has no modes, no whitelist and no record."""

    emits_events = False

    def create(self, config: GuardConfig, publish: object) -> Schemas:
        return Schemas()

    def bind_tenant(self, subject: Schemas, tenant_id: str) -> AbstractContextManager[Any]:
        return subject.bound(tenant_id)

    def access(self, subject: Schemas, target_id: str) -> None:
        subject.access(target_id)
