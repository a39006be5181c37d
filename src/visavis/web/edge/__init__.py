"""What every request meets first: connections, deadlines, request ids, headers of answers."""
