"""What a name means: signatures, first lines, where it is defined."""
