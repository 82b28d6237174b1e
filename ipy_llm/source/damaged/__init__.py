"""Text that does not parse here: with errors in it, or in syntax newer than ours."""
