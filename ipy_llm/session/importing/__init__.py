"""Imports that are missing, and which are meant."""
