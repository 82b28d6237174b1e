"""What an edit broke: types (mypy) and tests (pytest), as reports."""
