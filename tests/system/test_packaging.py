"""What is installed: one package, which another package called `rules` leaves alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import drapto

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
OLDEST_SETUPTOOLS = 77

BUILT_FROM = ("drapto", "rules", "docs", "pyproject.toml", "README.md", "LICENSE")

MANUAL = "share/man/man1/drapto.1"

OTHER = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "rules"
version = "1"
[tool.setuptools]
packages = ["rules"]
"""


def setuptools_version() -> int:
    try:
        return int(version("setuptools").split(".")[0])
    except PackageNotFoundError:
        return 0


pytestmark = pytest.mark.skipif(
    setuptools_version() < OLDEST_SETUPTOOLS,
    reason=f"builds offline, with a setuptools of at least {OLDEST_SETUPTOOLS} that is installed already",
)


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    environment = {**os.environ, "PIP_NO_INDEX": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def build(source: Path, folder: Path) -> Path:
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what the wheel is built from, so that building leaves nothing in the repository."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, copy / name, symlinks=True, ignore=ignored)
        else:
            shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(checkout, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of a package whose modules are a top-level `rules`."""
    source = tmp_path_factory.mktemp("other")
    (source / "rules").mkdir()
    (source / "rules" / "__init__.py").write_text("OTHER = True\n")
    (source / "pyproject.toml").write_text(OTHER)
    return build(source, tmp_path_factory.mktemp("other-wheel"))


def test_rules_is_a_link(checkout: Path) -> None:
    link = checkout / "drapto" / "rules"
    assert link.is_symlink()
    assert os.readlink(link) == "../rules"  # noqa: PTH115  as it is written


def test_the_wheel_has_one_package_and_all_of_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    name_of_ours = f"drapto-{drapto.__version__}"
    data = f"{name_of_ours}.data"
    assert {name.split("/")[0] for name in names} == {"drapto", f"{name_of_ours}.dist-info", data}
    assert [name for name in names if name.startswith(data)] == [f"{data}/data/{MANUAL}"]
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "drapto").rglob("*.py")}
    modules |= {f"drapto/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "rules").rglob("*.py")}
    pages = {
        path.relative_to(ROOT).as_posix()
        for folder in ("report/templates", "serve/pages")
        for path in (ROOT / "drapto" / folder).iterdir()
    }
    assert len(pages) == 9
    assert modules | pages | {"drapto/py.typed"} == {name for name in names if name.startswith("drapto/")}


def test_the_source_archive_has_the_same_wheel(wheel: Path, checkout: Path, tmp_path: Path) -> None:
    script = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], cwd=checkout, capture_output=True, text=True, check=True
    )
    again = build(tmp_path / done.stdout.splitlines()[-1], tmp_path / "again")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as two:
        assert {name: one.read(name) for name in one.namelist() if name.endswith(".py")} == {
            name: two.read(name) for name in two.namelist() if name.endswith(".py")
        }


@pytest.mark.parametrize("ours_first", [True, False], ids=["ours first", "ours last"])
def test_another_package_called_rules_breaks_nothing(
    wheel: Path, other: Path, tmp_path: Path, *, ours_first: bool
) -> None:
    site = tmp_path / "site"
    for one in (wheel, other) if ours_first else (other, wheel):
        pip("install", "--no-deps", "--target", site, one)

    def python(arguments: Sequence[str]) -> str:
        environment = {**os.environ, "PYTHONPATH": str(site)}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    assert drapto.__version__ in python(["-m", "drapto", "--version"])
    where = "from drapto.rules import graph; import drapto, rules; print(rules.OTHER, drapto.__file__)"
    assert python(["-c", where]).split() == ["True", str(site / "drapto" / "__init__.py")]


def test_the_manual_page_is_installed_beside_the_program(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    program = tmp_path / "env" / "bin" / "python"
    pip("--python", program, "install", "--no-deps", wheel)
    installed = tmp_path / "env" / MANUAL
    assert installed.read_bytes() == (ROOT / "docs" / "man" / "drapto.1").read_bytes()
