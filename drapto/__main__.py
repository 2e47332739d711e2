"""``python -m drapto`` is ``drapto``."""

from drapto.cli import main

if __name__ == "__main__":
    main(prog_name="drapto")
