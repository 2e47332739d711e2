"""The finished file: mux, validate, publish."""
