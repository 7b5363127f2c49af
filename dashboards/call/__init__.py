"""One call as its page shows it: rows and bytes to plain values for the template. Pure.

What models and clients wrote is bounded here (see `texts`) and made harmless in the template.
"""
