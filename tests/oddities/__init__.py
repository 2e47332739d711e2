"""Odd sources by the hundred: what becomes of each, judged from outside.

`pairwise` chooses combinations of properties, `recipes` makes a file of each, `surgery` does to a file what
ffmpeg's muxer cannot, `judge` holds an output against its source without asking drapto, and `__main__` runs
all of it and writes docs/oddities.md:

    python -m tests.oddities FOLDER [--count 200] [--settings crf] [--shared ../shared]
"""
