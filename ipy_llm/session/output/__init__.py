"""Output kept to what a reader can hold."""
