"""Keeps tenants apart: it decides, it remembers, and when in doubt it says no.

    guard = TenantGuard(GuardConfig(GuardMode.STRICT, {"acme": ["acme-archive"]}))
    with guard.bound_to("acme"):
        guard.access("acme-archive")    # returns
        guard.access("globex")          # raises AccessDeniedError

Every call is synchronous, quick, and safe from tasks and threads.
"""

from reference_impl.guard.evidence import Repeat
from reference_impl.guard.tenant_guard import TenantGuard
from reference_impl.guard.violation_log import LogLimit
from reference_impl.guard.whitelist import WhitelistEntry, WhitelistUse

__all__ = ["LogLimit", "Repeat", "TenantGuard", "WhitelistEntry", "WhitelistUse"]
