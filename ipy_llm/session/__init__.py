"""The running IPython: forgiven cells and explained errors."""
