"""Visavis: a self-hosted face recognition server."""

__version__ = "0.1.0"
