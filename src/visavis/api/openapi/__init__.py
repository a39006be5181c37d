"""OpenAPI documents of the dialects, made from their tables of operations, and the pages that show them."""
