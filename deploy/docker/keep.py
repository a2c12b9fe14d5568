"""Copies what runs, and nothing else, to the root of an image: `python3 keep.py ENVIRONMENT IMAGE`, in a Debian.

That is the environment, this Python without what installs packages, the shared libraries that either loads, the
certificates of authorities, and for scanners the packages that these come from. No shell, no package manager, no pip.
"""
# ruff: noqa: INP001 - run in the image, no part of a package

import pickle
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

NEVER_RUN = ("*.c", "*.h", "*.pyi", "*.pyx", "*.pxd", "tests", "_avif.*", "libavif-*")
"""Sources of compiled modules, stubs, tests, and the one picture format that is large and that nobody may upload."""
UNUSED = ("pycountry/locales/*", "fontTools/*/*.so")
"""Names of countries in languages that nothing asks for, and what draws fonts faster: we only embed one."""
UNTOLD = frozenset(
    [
        *("languages", "territories", "scripts", "variants", "time_zones", "meta_zones"),
        *("unit_patterns", "compound_unit_patterns", "unit_display_names"),
        *("currency_names", "currency_names_plural", "currency_symbols"),
    ]
)
"""What Babel knows of each language and we never ask: names of things. Its rules and dates stay."""
NOT_OF_PYTHON = (
    *("site-packages", "dist-packages", "ensurepip", "test", "idlelib", "tkinter", "turtledemo", "lib2to3"),
    *("config-*", "pydoc_data", "EXTERNALLY-MANAGED"),
)
AS_THEY_ARE = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ld.so.cache",
    "/etc/os-release",
    "/usr/share/ca-certificates",
)
LOADED_LATER = ("libgcc_s.so.1",)
"""What the C library opens by name when a thread ends."""


def keep(environment: Path, image: Path) -> None:
    python = Path(sys.executable).resolve()
    standard = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(environment, below(image, environment), symlinks=True, ignore=shutil.ignore_patterns(*NEVER_RUN))
    for unused in UNUSED:
        for place in below(image, environment).glob(f"lib/*/site-packages/{unused}"):
            shutil.rmtree(place) if place.is_dir() else place.unlink()
    forget(image, environment)
    shutil.copytree(standard, below(image, standard), ignore=shutil.ignore_patterns(*NEVER_RUN, *NOT_OF_PYTHON))
    copy(image, [python, *map(Path, AS_THEY_ARE)])
    point(image, (environment / "bin" / "python3").readlink(), python)
    libraries = set(loaded([python, *compiled(image)]))
    copy(image, libraries)
    write(image, libraries | {python})


def forget(image: Path, environment: Path) -> None:
    """Leave of each language what is asked of it."""
    packages = next(environment.glob("lib/*/site-packages"))
    sys.path.append(str(packages))
    for place in below(image, packages).glob("babel/locale-data/*.dat"):
        known = pickle.loads(place.read_bytes())  # noqa: S301 - as above
        place.write_bytes(pickle.dumps({key: value for key, value in known.items() if key not in UNTOLD}, 2))


def below(image: Path, place: Path) -> Path:
    return image / place.relative_to("/")


def copy(image: Path, places: Iterable[Path]) -> None:
    """Copy files and folders to the same places, the files themselves where they are links."""
    for place in places:
        target = below(image, place)
        target.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            shutil.copytree(place, target)
        elif place.exists() and not target.exists():
            shutil.copy2(place, target)


def point(image: Path, name: Path, python: Path) -> None:
    """Let the name by which the environment knows its Python lead there."""
    if name != python:
        below(image, name).parent.mkdir(parents=True, exist_ok=True)
        below(image, name).symlink_to(python)


def compiled(image: Path) -> list[Path]:
    return [place for place in image.rglob("*.so*") if place.is_file()]


def loaded(binaries: Iterable[Path]) -> Iterator[Path]:
    """Name the shared libraries outside the environment that these load, and the loader."""
    told = subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=False).stdout  # noqa: S603, S607
    for place in re.findall(r"(/\S+) \(0x", told):
        if not Path(place).is_relative_to("/image") and not place.startswith("/opt/"):
            yield Path(place)
    for name in LOADED_LATER:
        yield from Path("/lib").glob(f"*-linux-gnu/{name}")


def write(image: Path, places: Iterable[Path]) -> None:
    """Say who is who, where scratch files go, and which Debian packages are in it, as scanners expect it."""
    etc, packages = image / "etc", image / "var" / "lib" / "dpkg"
    packages.mkdir(parents=True)
    (image / "tmp").mkdir(mode=0o1777)
    (etc / "passwd").write_text("root:x:0:0::/:/nologin\nmentorship:x:10001:10001::/:/nologin\n")
    (etc / "group").write_text("root:x:0:\nmentorship:x:10001:\n")
    names = [f"*/{place.name}" for place in places]
    found = subprocess.run(["dpkg", "-S", *names], capture_output=True, text=True, check=False).stdout  # noqa: S603, S607
    owners = sorted({line.partition(": ")[0].split(",")[0] for line in found.splitlines()} | {"ca-certificates"})
    told = subprocess.run(["dpkg-query", "-s", *owners], capture_output=True, text=True, check=False)  # noqa: S603, S607
    (packages / "status").write_text(told.stdout)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), Path(sys.argv[2]))
