"""Where master keys come from, what they open, and how one takes the place of another (docs/keys.md)."""
