"""Upstreams: the only modules that call a model server.

HTTP/1.1 is spoken by us here, byte for byte, because an answer must leave as it came: raw header
values, chunk boundaries, 1xx, trailers. `wire` says what the bytes mean, `connection` moves them,
`fetch` is for the probes, which read answers and pass nothing on.
"""
