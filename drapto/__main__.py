"""``drapto``, also as ``python -m drapto``: Ctrl-C is heard before the commands are loaded."""

import sys

from drapto import interrupts

LINE = "error: interrupted; run the same command again to go on"
"""As `drapto.cli.group` says it."""


def main() -> None:
    """Run a command, and end the process with its exit code."""
    interrupts.wait_for_imports(LINE)
    try:
        from drapto.cli import main as command  # noqa: PLC0415  this is what may be interrupted

        command(prog_name="drapto")
    except KeyboardInterrupt:  # before a command was there to say so
        sys.stderr.write(f"{LINE}\n")
        sys.exit(interrupts.INTERRUPTED)


if __name__ == "__main__":
    main()
