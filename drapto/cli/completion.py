"""Completion in a shell: click's own, but that no space follows a key that waits for its value."""

from __future__ import annotations

from click.shell_completion import BashComplete, ZshComplete, add_completion_class


class Bash(BashComplete):
    """bash: readline adds a space to whatever is complete, unless it is told not to."""

    source_template = BashComplete.source_template.replace(
        "    return 0\n", "    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n    return 0\n"
    )


class Zsh(ZshComplete):
    """zsh: what follows a completion is its suffix."""

    source_template = ZshComplete.source_template.replace(
        "compadd -U -V unsorted -a completions",
        "if [[ $completions[1] == *= ]]; then\n"
        "            compadd -S '' -U -V unsorted -a completions\n"
        "        else\n"
        "            compadd -U -V unsorted -a completions\n"
        "        fi",
    )


def use() -> None:
    """Have click answer bash and zsh so; fish sees by itself that a value is to follow."""
    add_completion_class(Bash)
    add_completion_class(Zsh)
