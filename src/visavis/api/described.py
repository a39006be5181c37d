"""Answers whose fields are described where they are declared."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Described(BaseModel):
    """What stands under a field describes it in the OpenAPI documents."""

    model_config = ConfigDict(use_attribute_docstrings=True)
