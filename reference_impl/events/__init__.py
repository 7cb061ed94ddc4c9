"""Brings events to whoever listens, without ever letting a listener harm the sender."""
