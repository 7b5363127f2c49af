"""The Codex program and its processes: found, given a home, started, spoken to, replaced, and ended with us."""
