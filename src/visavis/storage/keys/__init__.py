"""Master keys: where they come from, which keys they wrap, and how they are rotated (docs/keys.md)."""
