"""The environments that are measured: the product as a user installs it, and octoDNS.

Each has its own virtual environment below `.bench/`. The product's holds the wheel and, at the
versions of the development lock, what the wheel requires: nothing that only developers have.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import venv
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
HOME = ROOT / ".bench"
DEV_LOCK = ROOT / "requirements" / "dev.lock"
OCTODNS_LOCK = Path(__file__).with_name("octodns.lock")
DISTRIBUTION = "callrail-reconciler"


def product() -> Path:
    """The `bin` of an environment with this checkout's wheel; built anew each time."""
    binaries = _environment("product", _runtime_part(DEV_LOCK.read_text("utf-8")))
    wheels = HOME / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    _quietly(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels))
    (wheel,) = wheels.glob("*.whl")
    _pip(binaries, "--no-deps", "--no-index", "--force-reinstall", str(wheel))
    return binaries


def octodns() -> Path:
    """The `bin` of an environment with octoDNS."""
    return _environment("octodns", OCTODNS_LOCK.read_text("utf-8"))


def _environment(name: str, lock: str) -> Path:
    """An environment that holds what ``lock`` says; kept until the lock or Python changes."""
    home, stamp = HOME / name, HOME / f"{name}.stamp"
    wanted = hashlib.sha256(f"{sys.version}\n{lock}".encode()).hexdigest()
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        venv.create(home, clear=True, with_pip=True)
        listed = HOME / f"{name}.lock"
        listed.write_text(lock, "utf-8")
        _pip(home / "bin", "--no-deps", "--require-hashes", "-r", str(listed))
        stamp.write_text(wanted, "utf-8")
    return home / "bin"


def _runtime_part(lock: str) -> str:
    """The entries of ``lock`` that the product needs to run."""
    needed = _needed(DISTRIBUTION)
    entries = re.split(r"\n(?=\S)", lock)
    return "\n".join(one for one in entries if canonicalize_name(one.split("==")[0]) in needed)


def _needed(distribution: str) -> set[str]:
    found: set[str] = set()
    waiting = [distribution]
    while waiting:
        for text in requires(waiting.pop()) or ():
            requirement = Requirement(text)
            name = canonicalize_name(requirement.name)
            wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if wanted and name not in found:
                found.add(name)
                waiting.append(name)
    return found


def _pip(binaries: Path, *arguments: str) -> None:
    install = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    _quietly(str(binaries / "python"), *install, *arguments)


def _quietly(*argv: str) -> None:
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(argv)} failed:\n{done.stdout}{done.stderr}")
