"""What is kept proves itself: tags of rows, sets of rows, an anchor beside the key (docs/decisions/0054)."""
