"""Fingerprints: what a backend says it is, asked for and compared."""
