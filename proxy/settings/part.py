"""What all tables of the settings have in common."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A table of the settings: nothing unknown in it, nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
