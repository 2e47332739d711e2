"""What tells doit that a file has changed: its content."""

from __future__ import annotations

from typing import Any, ClassVar

from doit.dependency import FileChangedChecker

from drapto.state.fingerprint import Fingerprints


class ContentChecker(FileChangedChecker):  # type: ignore[misc]  # doit is untyped
    """A file has changed when its content has: a touched, copied or restored one has not.

    Attributes:
        fingerprints: Where digests are remembered; `bound_checker` sets a project's own.
    """

    fingerprints: ClassVar[Fingerprints] = Fingerprints()

    def check_modified(self, file_path: str, file_stat: Any, state: Any) -> bool:  # noqa: ANN401  doit's own
        """Return whether the content differs from ``state`` = [size, mtime_ns, digest]."""
        size, _, digest = state
        if file_stat.st_size != size:
            return True
        try:
            return not self.fingerprints.is_same(file_path, file_stat, digest)
        except OSError:
            return (
                True  # the task runs, and says what is wrong with the file; raised here, it would end the run
            )

    def get_state(self, dep: str, current_state: Any) -> list[int | str] | None:  # noqa: ANN401  doit's own
        """Return the file's state, or None where ``current_state`` says the same."""
        state = self.fingerprints.state(dep)
        return None if current_state is not None and list(current_state) == state else state


def bound_checker(fingerprints: Fingerprints) -> type[ContentChecker]:
    """Return a checker class that remembers digests in ``fingerprints``.

    doit makes the instance itself, without arguments, and compares the class's name with the one in its
    database.
    """
    return type(ContentChecker.__name__, (ContentChecker,), {"fingerprints": fingerprints})
