"""Limits that pages tell the browser, so that it sends nothing in vain."""

MAX_PICTURE_BYTES = 7_500_000
"""For the file of one picture, so that two fit into one request."""
