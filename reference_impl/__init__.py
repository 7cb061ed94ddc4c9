"""The first adopter: policies fetched, reloaded, watched over and kept apart, written to be read and copied.

Every module keeps the contracts of this project, and the suite says so. Import direction:

    orchestrator | health | guard | events | metrics  →  ports  →  model  →  errors

Of the suite it imports `pytest_policy_contracts.contracts` and nothing else.
"""
