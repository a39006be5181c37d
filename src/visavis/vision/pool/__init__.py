"""The main process's side of vision: workers that see pictures, and what is said to them. Imports no decoder."""
