"""Notebooks: their cells, each a document, spliced into the JSON."""
