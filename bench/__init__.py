"""Benchmarks: ratios within one run, medians of several, printed and written to docs/benchmarks.md."""
