"""The manual page drapto(1), which the wheel installs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drapto.about import VERSION
from drapto.config.environment import VARIABLES
from drapto.config.keys import join
from tests.documents.commands import CODES
from tests.documents.tree import all_commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.documents.tree import Found

HEAD = r"""
.\" written by `python -m tests.documents`: change the commands themselves
.TH DRAPTO 1 "" "drapto {version}" "User Commands"
.SH NAME
drapto \- turn MKV rips of discs into small AV1/Opus MKVs
.SH SYNOPSIS
.B drapto
[\fIOPTIONS\fR] \fICOMMAND\fR [\fIARGS\fR]...
.SH DESCRIPTION
drapto encodes the video of Matroska files to AV1 and their audio to Opus.
It keeps everything else, and checks the result against the source before it publishes it.
It works like
.BR make (1):
every step leaves a file, and a step runs again only when something that it reads has changed.
To resume after an interruption, run the same command again.
.PP
.B drapto init
makes a project directory and
.B drapto run
encodes the titles in it.
.B drapto encode
encodes files without a project.
""".lstrip()

FILES = r"""
.SH FILES
.TP
.I drapto.toml
The settings of the project in the current directory.
.B drapto init
writes one that lists every setting with its default.
.TP
.I ~/.config/drapto/NAME.toml
A profile of your own, for
.BR \-\-profile .
.TP
.I work/
The work files, one directory for each title, with logs and the report.
.SH SEE ALSO
.BR doit (1),
.BR ffmpeg (1),
.BR mkvmerge (1)
""".strip()


def page() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield HEAD.rstrip().format(version=VERSION)
    program, *commands = all_commands()
    yield ".SH OPTIONS"
    yield from _options(program)
    yield ".SH COMMANDS"
    for one in commands:
        yield from _command(one)
    yield ".SH ENVIRONMENT"
    yield "Each of these sets a setting. The command line wins over them, and they win over drapto.toml."
    for name, key in VARIABLES.items():
        yield from (".TP", f".B {name}", troff(join(key)))
    yield ".SH EXIT STATUS"
    for code, meaning in CODES.items():
        yield from (".TP", f".B {code}", troff(meaning))
    yield FILES


def _command(found: Found) -> Iterator[str]:
    yield f'.SS "{troff(found.name)} {troff(found.usage)}"'
    for number, paragraph in enumerate(found.text):
        yield from ([".PP"] if number else [])
        yield troff(paragraph)
    yield from _options(found)
    if found.examples:
        yield from (".PP", "Examples:", ".PP", ".nf", ".RS")
        yield from (troff(line) for line in found.examples)
        yield from (".RE", ".fi")


def _options(found: Found) -> Iterator[str]:
    for given, does in found.options:
        yield from (".TP", f"\\fB{troff(given)}\\fR", troff(does))


def troff(text: str) -> str:
    """Return text as troff(7) takes it: no escape, no request, hyphens that can be copied."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq").replace("'", "\\(aq")
    return re.sub(r"^(?=[.'])", r"\\&", escaped)
