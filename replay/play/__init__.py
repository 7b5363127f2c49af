"""Recorded answers played back as a server, without a model."""
