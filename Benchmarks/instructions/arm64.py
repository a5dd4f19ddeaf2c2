"""A folder with Python and LiteRT for AArch64, from Debian's packages and PyPI's wheels."""

import os
import pathlib
import subprocess
import sys
import zipfile

RELEASE = "bookworm"
PYTHON = "3.11"
PACKAGES = ["python3-minimal", f"libpython{PYTHON}-stdlib", f"python{PYTHON}", "libstdc++6"]
WHEELS = ["ai-edge-litert==2.3.0", "numpy", "protobuf", "ml_dtypes"]
PURE_WHEELS = ["backports.strenum", "flatbuffers", "tqdm", "typing-extensions"]


def root(work):
    """Returns the folder; makes it when it isn't there."""
    folder = work / "root"
    if (folder / "complete").exists():
        return folder
    for package in _packages(work):
        subprocess.run(["dpkg", "-x", package, folder], check=True)
    for wheel in _wheels(work):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder / "site")
    (folder / "proc").mkdir(exist_ok=True)
    (folder / "complete").touch()
    return folder


def command(folder, part):
    """What runs Python there, with its environment. `part` is the number by which LiteRT is to know
    the processor: the emulator would show it this machine's own list of processors."""
    (folder / "proc/cpuinfo").write_text(
        "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
        f"CPU variant\t: 0x1\nCPU part\t: {part}\nCPU revision\t: 1\n\n")
    environment = dict(os.environ, PYTHONPATH=str(folder / "site"), PYTHONNOUSERSITE="1")
    return [str(folder / f"usr/bin/python{PYTHON}")], environment


def _packages(work):
    apt = work / "apt"
    for part in ["state/lists/partial", "cache/archives/partial"]:
        (apt / part).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    (apt / "sources.list").write_text(f"deb http://deb.debian.org/debian {RELEASE} main\n")
    (apt / "apt.conf").write_text(
        'APT::Architecture "arm64";\nAPT::Architectures { "arm64"; };\n'
        f'Dir::State "{apt}/state";\nDir::State::status "{apt}/status";\nDir::Cache "{apt}/cache";\n'
        f'Dir::Etc::sourcelist "{apt}/sources.list";\nDir::Etc::sourceparts "-";\n'
        'APT::Sandbox::User "";\n')
    environment = dict(os.environ, APT_CONFIG=str(apt / "apt.conf"))
    # It installs nothing, for all that its name says.
    install = ["install", "-y", "--download-only", "--no-install-recommends", *PACKAGES]
    for words in [["update"], install]:
        subprocess.run(["apt-get", "-qq", *words], check=True, env=environment,
                       stdout=subprocess.DEVNULL)
    return sorted((apt / "cache/archives").glob("*.deb"))


def _wheels(work):
    wheels = work / "wheels"
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d",
           str(wheels), "--python-version", PYTHON]
    platforms = ["2_17", "2_27", "2_28"]
    arm = [word for version in platforms for word in ["--platform", f"manylinux_{version}_aarch64"]]
    subprocess.run([*pip, *arm, "--platform", "manylinux2014_aarch64", *WHEELS], check=True)
    subprocess.run([*pip, *PURE_WHEELS], check=True)
    return sorted(pathlib.Path(wheels).glob("*.whl"))
