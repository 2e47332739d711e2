"""Which part of the picture is not black bars."""
