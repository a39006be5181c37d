"""The audit log: how events get in, how they are chained, how the chain is verified, how its end is cut."""
