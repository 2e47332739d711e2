"""Pages about what was made, to be looked at in a browser: of a title, of a shelf, of any two files."""
