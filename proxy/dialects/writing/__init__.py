"""From an answer to a dialect's bytes: bodies and streams that clients take for the real thing. Pure."""
