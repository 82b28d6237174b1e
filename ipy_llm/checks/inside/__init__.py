"""What runs in the project's own interpreter: scripts of the standard library and pytest alone, for Python 3.8 or newer."""
