"""Checks what a client is made with, before anything is sent. No message ever shows a key."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_KEY = re.compile(r"[!-~]+")


def require_base_url(url: str) -> None:
    """Raises ValueError unless it begins with `http://` or `https://` and names a host."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("base_url must begin with http:// or https:// and name a host")


def require_key(name: str, key: str) -> None:
    """Raises ValueError for a key that no header can carry, such as one with the line end of its file."""
    if not key:
        raise ValueError(f"{name} is empty")
    if key != key.strip():
        raise ValueError(f"{name} has white space around it, perhaps the line end of a file: strip it")
    if not _KEY.fullmatch(key):
        raise ValueError(f"{name} has a character that no key has")
