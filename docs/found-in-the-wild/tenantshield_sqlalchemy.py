"""TenantShield's SQLAlchemy adapter, held to the part of TenantGuard about the bound tenant.

Both harnesses use one model that is `@tenant_aware`, in SQLite in memory: one reads an invoice of
the target, the other writes one. What is allowed is decided by the library's event handlers.
"""

from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool
from tenantshield import MissingTenantContextError, TenantId, TenantShieldError, bind_tenant, tenant_scope
from tenantshield.adapters.sqlalchemy import tenant_aware

from pytest_policy_contracts import (
    GuardConfig,
    GuardMode,
    TenantContextMissingError,
    TenantGuardHarness,
    TenantIsolationError,
    TenantViolation,
)


class Base(DeclarativeBase):
    pass


@tenant_aware
class Invoice(Base):
    __tablename__ = "invoice"

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[str]


class Invoices:
    """The invoices of all tenants in one table."""

    mode = GuardMode.STRICT

    def __init__(self) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        Base.metadata.create_all(self.engine)

    def bound(self, tenant_id: str) -> AbstractContextManager[Any]:
        return tenant_scope(bind_tenant(TenantId(tenant_id)))

    def read(self, target_id: str) -> None:
        """Read what belongs to the target; where the library leaves no row over, that is its refusal."""
        with Session(self.engine) as session:
            if session.scalars(select(Invoice).where(Invoice.tenant_id == target_id)).first() is None:
                raise TenantIsolationError("no such invoice")

    def write(self, target_id: str) -> None:
        """Write something that belongs to the target."""
        try:
            with Session(self.engine) as session:
                session.add(Invoice(tenant_id=target_id))
                session.flush()
        except MissingTenantContextError as error:
            raise TenantContextMissingError(str(error)) from error
        except TenantShieldError as error:
            raise TenantIsolationError(str(error)) from error

    def file(self, tenant_id: str) -> None:
        """Put in an invoice past the library, as there is one for every tenant."""
        with self.engine.begin() as connection:
            connection.execute(insert(Invoice.__table__).values(tenant_id=tenant_id))

    def validate_access(self, violation: TenantViolation) -> None:
        with self.bound(violation.tenant_id):
            self.write(violation.target_id)

    def recent_violations(self) -> list[TenantViolation]:
        return []


class WritesContract(TenantGuardHarness):
    """Only the clauses about the bound tenant: the library has no modes, no whitelist and no record."""

    emits_events = False

    def create(self, config: GuardConfig, publish: object) -> Invoices:
        return Invoices()

    def bind_tenant(self, subject: Invoices, tenant_id: str) -> AbstractContextManager[Any]:
        return subject.bound(tenant_id)

    def access(self, subject: Invoices, target_id: str) -> None:
        subject.write(target_id)

    def dispose(self, subject: Invoices) -> None:
        subject.engine.dispose()


class ReadsContract(WritesContract):
    """The same for reading."""

    def access(self, subject: Invoices, target_id: str) -> None:
        subject.file(target_id)
        subject.read(target_id)
