"""Child processes, the machine's resources, and files that are whole or absent."""
