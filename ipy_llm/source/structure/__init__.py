"""The named pieces of a document, and which of them an address names."""
