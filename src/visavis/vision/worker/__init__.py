"""Worker processes, which decode and analyse pictures. They have no keys, no records and no network."""
