"""Colour and high dynamic range: static metadata, HDR10+, Dolby Vision, and the bits they are written in."""
