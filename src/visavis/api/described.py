"""The base class of answers whose fields have docstrings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Described(BaseModel):
    """An answer. The docstring under each field is its description in the OpenAPI documents."""

    model_config = ConfigDict(use_attribute_docstrings=True)
