"""Cells as models write them, read as they were meant."""
