"""Metric, search and engines of quality targeting: an empty room until that issue is built."""
