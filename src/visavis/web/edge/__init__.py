"""The edge, which every request passes first: connections, deadlines, request ids, headers of answers."""
