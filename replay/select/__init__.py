"""Choosing recorded calls: criteria, strata, near-duplicates, samples, golden sets."""
