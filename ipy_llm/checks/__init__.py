"""Checks: run the project's types and tests, and tell only what is new."""
