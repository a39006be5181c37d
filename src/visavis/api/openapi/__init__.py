"""Each dialect described by an OpenAPI document, made from its table of operations, and shown on a page."""
