"""The processes that see pictures. They hold no keys and no records, and nobody connects to them."""
