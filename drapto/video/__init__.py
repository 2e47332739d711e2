"""Segments: cut without a frame lost, encoded side by side, joined with the source's timestamps."""
