"""The cells that ran, as documents that can be shown and edited."""
