"""What each page does: a function from a visit to a response."""
