"""Ground floor: text in, text out. No files, clock, process or IPython."""
