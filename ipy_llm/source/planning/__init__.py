"""The shortest patch that turns one text into another."""
