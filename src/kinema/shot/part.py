"""What every part of a shot shares: frozen, no unknown fields, no silent coercion."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints


class Part(BaseModel):
    """A frozen piece of a shot. Unknown fields are refused, so a misspelt word cannot be lost."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_inf_nan="constants", use_attribute_docstrings=True
    )


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
"""How parts refer to each other, in files and on the command line: a letter, then letters, digits, `_`."""
Look = Annotated[
    str, StringConstraints(pattern=r"^([A-Za-z][A-Za-z0-9_-]{0,63}|diffusers:[^\x00-\x1f\x7f]{0,1024})$")
]
"""A grade, a painted style, or a model by folder or id after `diffusers:`."""
