"""Redaction: secrets are taken out of what is recorded; what is forwarded is never touched."""
