"""What a run shows: events become lines and rows, on a terminal or in plain text."""
