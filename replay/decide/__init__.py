"""Statistics and the gate: from compared cases to a verdict. Pure."""
