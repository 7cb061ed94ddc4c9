"""Reloads many modules as one: in order, one request at a time, all of them or none."""
