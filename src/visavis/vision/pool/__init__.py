"""Vision in the server's process: starts workers and sends them pictures. Imports no decoder."""
