"""In-memory stand-ins for the ports of core, each held to the real one by the tests in `tests/ports`."""
