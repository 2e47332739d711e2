"""Sound: which Opus layout and bitrate a track gets, and its encode."""
