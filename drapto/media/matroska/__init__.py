"""Matroska's own elements: what libavformat does not know of a file, read and written."""
