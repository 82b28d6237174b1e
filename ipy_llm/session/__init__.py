"""The running IPython: each room a part that hooks into a shell, and can be switched off."""
