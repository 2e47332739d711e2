"""What is in a file: tracks, colour, timing, crop."""
