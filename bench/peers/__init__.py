"""drapto beside what people use instead: ``python -m bench.peers``, and ``--help``.

Each is run as its users run it, on the same film and the same cores, in turn. What is not installed, and
what fails, has a row that says so.
"""
