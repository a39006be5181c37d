"""The audit log in the database: writing events, chaining records, verifying the chain, pruning old records."""
