"""The wire against tables of what the vendor's documents promise; a dialect is a folder of tables."""
