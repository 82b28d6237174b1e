"""Documents on disk: where they are, reading, writing all or none, undo."""
