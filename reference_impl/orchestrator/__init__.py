"""Reloads many modules as one: in order, one request at a time, all of them or none."""

from reference_impl.orchestrator.breaker import Breaker, CircuitState, Result, Ticket
from reference_impl.orchestrator.orchestrator import Orchestrator
from reference_impl.orchestrator.secrecy import ModuleFailedError
from reference_impl.orchestrator.settings_module import SettingsModule

__all__ = ["Breaker", "CircuitState", "ModuleFailedError", "Orchestrator", "Result", "SettingsModule", "Ticket"]
