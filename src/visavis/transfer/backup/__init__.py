"""Backups: a snapshot of the whole database in a file, and restoring it."""
