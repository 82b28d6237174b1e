"""The verbs, written once as typed functions."""
