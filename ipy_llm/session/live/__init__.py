"""Running objects that follow the text they came from."""
