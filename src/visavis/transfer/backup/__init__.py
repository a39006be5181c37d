"""Backups: one moment of everything that is kept, in a file, and back."""
