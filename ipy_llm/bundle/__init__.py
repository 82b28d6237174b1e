"""The self-installing one-file bundle."""
