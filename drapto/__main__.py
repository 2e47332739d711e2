"""``drapto``, also as ``python -m drapto``: Ctrl-C is heard before the commands are loaded."""

from drapto import interrupts


def main() -> None:
    """Run a command, and end the process with its exit code."""
    said = f"error: {interrupts.line('drapto')}"  # as `drapto.cli.group` says it
    interrupts.wait_for_imports(said)
    try:
        from drapto.cli import main as command  # noqa: PLC0415  this is what may be interrupted

        command(prog_name="drapto")
    except KeyboardInterrupt:  # before a command was there to say so
        interrupts.end(said)


if __name__ == "__main__":
    main()
