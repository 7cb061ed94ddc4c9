"""Counts what the siblings report, for Prometheus."""
