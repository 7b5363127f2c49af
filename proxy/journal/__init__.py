"""The journal: append-only segments of checksummed frames, one writer each.

A frame that `write()` took is in the page cache: it survives kill -9 of the proxy, and a group
fsync bounds what a power loss can take. A segment is read forward; a torn tail is cut, a damaged
middle is set aside in a file of its own, and the rest is read.
"""
