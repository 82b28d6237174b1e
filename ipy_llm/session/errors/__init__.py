"""What is told about an exception."""
