"""What is remembered between runs: content digests, doit's database, events, progress."""
