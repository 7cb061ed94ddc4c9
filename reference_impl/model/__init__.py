"""Values, and pure rules over them: no clock, no event loop, no input or output, nothing that changes.

What the contracts define is used as it is (`ConfigDiff`, `HealthReport`, `TenantViolation`, …) and is not repeated here.
"""

from reference_impl.model.diff import concerning, difference, merged, paths

__all__ = ["concerning", "difference", "merged", "paths"]
