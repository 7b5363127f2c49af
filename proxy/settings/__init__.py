"""Settings: one TOML file, environment and flags, as checked values."""
