"""A turn from its prompt to its end: what Codex tells of it as steps, its limits, and where it works."""
