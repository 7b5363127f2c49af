"""Contracts nobody has to write: what a request itself asks for, the wire, known failures of models."""
