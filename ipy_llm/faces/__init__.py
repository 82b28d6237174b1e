"""Thin projections of the operations: command line and magics."""
