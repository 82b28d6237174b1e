"""A sent text becomes the text that stands in the file."""
