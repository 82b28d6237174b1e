"""Files that a cell writes whole."""
