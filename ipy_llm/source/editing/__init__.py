"""Edits of a document, and the gate that their result must pass."""
