"""How often the product errs, measured on anybody's pictures: the same networks, the same code, no server."""
