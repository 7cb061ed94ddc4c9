"""Keeps tenants apart: it decides, it remembers, and when in doubt it says no."""
