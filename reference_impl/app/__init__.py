"""Wires the parts to a system: the only place that chooses implementations."""

from reference_impl.app.system import PolicySystem, SystemConfig

__all__ = ["PolicySystem", "SystemConfig"]
