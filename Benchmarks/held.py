"""Holds whole processes to fewer instructions than this processor has, and checks that it worked.

    python held.py avx2 -- tl-bench forward …

runs any command held so; held.c tells how.
"""

import argparse
import ctypes
import functools
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).parent
# What oneDNN calls the instructions of a kernel set.
ONEDNN_ISA = {"avx2": "AVX2", "avxvnni": "AVX2_VNNI"}
KERNELS = sorted(ONEDNN_ISA)
# The C library chooses its memcpy before a preloaded library begins.
TUNABLES = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD"


def processor():
    """The flags in /proc/cpuinfo of the first processor."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return set(next((line.split(":", 1)[1] for line in lines if line.startswith("flags")), "").split())


def why_not(kernels):
    """Why processes of this machine can't be held to a set of kernels; None where they can."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return "only Linux on x86-64 can have CPUID answered by a library"
    flags = processor()
    needed = {"avx2": "avx2", "avxvnni": "avx_vnni"}[kernels]
    if needed not in flags:
        raise SystemExit(f"this processor has no {needed}, so nothing can be held to {kernels}")
    if "cpuid_fault" not in flags:
        return "this processor, or the machine that it is lent from, can't have CPUID fault"
    if not compiler():
        return "there is no C compiler: install gcc or clang, or name one in CC"
    return None


def compiler():
    return next(filter(None, map(shutil.which, [os.environ.get("CC", ""), "cc", "gcc", "clang"])), None)


@functools.cache
def library(work):
    target = (pathlib.Path(work) / "held.so").resolve()
    source = HERE / "held.c"
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            made = pathlib.Path(folder) / target.name
            subprocess.run(
                [compiler(), "-O2", "-Wall", "-shared", "-fPIC", "-Wl,-z,initfirst", "-o", made, source],
                check=True)
            made.rename(target)
    return target


def environment(kernels, work):
    """What holds a process and its children to a set of kernels; nothing for None.

    Where CPUID can't fault, tl and oneDNN are held by their own settings, and nothing else is.
    """
    if not kernels:
        return {}
    settings = {"TL_KERNELS": kernels, "ONEDNN_MAX_CPU_ISA": ONEDNN_ISA[kernels]}
    if why_not(kernels):
        return settings
    return settings | {
        "LD_PRELOAD": str(library(work)), "TL_HELD_TO": kernels, "GLIBC_TUNABLES": TUNABLES}


def check():
    """Ends this process where its environment says that it is held, and it isn't.

    The hidden instructions must be gone from what the CPUID instruction gives, on this thread and on a
    new one.
    """
    if "TL_HELD_TO" not in os.environ:
        return
    try:
        visible = [loaded().tl_held_visible()]
    except AttributeError:
        raise SystemExit("held.so isn't loaded in this process") from None
    thread = threading.Thread(target=lambda: visible.append(loaded().tl_held_visible()))
    thread.start()
    thread.join()
    if visible != [0, 0]:
        raise SystemExit(f"this process still sees instructions that should be hidden: {visible}")


def answers():
    """How often CPUID was answered in this process by the library; 0 where it isn't held."""
    return loaded().tl_held_answers() if "TL_HELD_TO" in os.environ else 0


@functools.cache
def loaded():
    program = ctypes.CDLL(None)
    program.tl_held_answers.restype = ctypes.c_ulong
    return program


def sentence(kernels):
    """What a table must say about how its engines were held."""
    reason = why_not(kernels)
    if reason is None:
        return (f"Every engine was held to {kernels}: CPUID, answered by a preloaded library, shows none of "
                "AVX-512, AMX or what else is beyond; each peer's process has checked that.")
    return (f"tl was held to {kernels}, oneDNN (OpenVINO and parts of PyTorch) to {ONEDNN_ISA[kernels]}; the "
            f"others use all that this processor has, since {reason}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernels", choices=KERNELS)
    parser.add_argument("--work", default=".build/benchmarks", help="folder for the library")
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()
    print(sentence(args.kernels), file=sys.stderr)
    os.execvpe(args.command[0], args.command, os.environ | environment(args.kernels, args.work))


if __name__ == "__main__":
    main()
