"""Counts the instructions that ARM processors execute for the layers of a MobileNetV2 1.0, in tl's
kernels and in LiteRT's (XNNPACK), under emulation. Instructions aren't time: they tell which kernel has
less to do, not how long a processor takes for it.

Needs clang, an emulator with plugins (Debian's qemu-user; qemu-user-static has none), and a C library of
AArch64 (libc6-dev-arm64-cross, gcc-aarch64-linux-gnu). For LiteRT it fetches Python for AArch64 from Debian
and the wheels from PyPI.

usage: python Benchmarks/instructions.py [BACKBONE.onnx] [--work .build/instructions] [--layers]

The backbone is a MobileNetV2 1.0 whose shape LiteRT's model gets; without it only tl is counted.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys

SOURCES = pathlib.Path(__file__).resolve().parent
KERNELS = SOURCES.parent / "Sources/Numerics/CKernels"
KINDS = {
    "input": "the first convolution",
    "wide": "expansions to 28 columns or more, and their depthwise convolutions",
    "expand": "other expansions, and the last convolution",
    "project": "projections, and the sums after them",
    "depthwise": "other depthwise convolutions",
    "pool": "the average",
    "all": "**all, from the input to the features**",
}
# (what it has, the emulated processor, the part number of one like it, tl's kernel set)
PROCESSORS = [
    ("NEON", "cortex-a72", "0xd08", "neon"),
    ("dot product", "cortex-a76", "0xd0b", "neondot"),
    # Without vectors of other lengths, which XNNPACK would choose before. As Neoverse N1: of the parts
    # after it LiteRT would believe that they have them.
    ("int8 matrices", "max,sve=off,sme=off", "0xd0c", "neoni8mm"),
]


def run(words, **settings):
    done = subprocess.run(words, capture_output=True, text=True, **settings)
    if done.returncode != 0:
        command = " ".join(map(str, words[:6]))
        raise SystemExit(f"{command} …: status {done.returncode}\n{done.stderr[-2000:]}")
    return done


def emulator():
    found = shutil.which("qemu-aarch64")
    if not found or "-plugin" not in run([found, "--help"]).stdout:
        raise SystemExit("no qemu-aarch64 that takes plugins: apt-get install qemu-user")
    return found


def plugin(qemu, work, clang):
    # "qemu-aarch64 version 7.2.22 (…": since 9.0 it wants another version of the interface.
    major = int(run([qemu, "--version"]).stdout.split()[2].split(".")[0])
    run([clang, "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
         f"-DVERSION={1 if major < 9 else 2}", SOURCES / "instructions/count.c", "-o", work / "count.so"])
    return work / "count.so"


def counts(done):
    """The instructions between the marks of each pair, less what the first pair counts."""
    marks = [int(line.split()[2]) for line in done.stderr.splitlines() if line.startswith("mark ")]
    pairs = [end - start for start, end in zip(marks[::2], marks[1::2])]
    return [pair - pairs[0] for pair in pairs[1:]]


def count_tl(emulated, work, processor, precision, kernel_set):
    done = run([*emulated, "-cpu", processor, work / "layers", precision, kernel_set])
    layers = []
    for line, count in zip(done.stdout.splitlines(), counts(done), strict=True):
        kind, products, name = line.split(" ", 2)
        layers.append((kind, int(products), count, name))
    return layers


def count_litert(emulated, work, backbone, processor, part, int8):
    import arm64

    cut, litert_model = modules()
    source = litert_model(backbone, work, int8)
    operators = cut.operators(source)
    folder = work / source.stem
    folder.mkdir(exist_ok=True)
    models = [folder / f"{index:02}.tflite" for index in range(len(operators))]
    for index, model in enumerate(models):
        cut.cut(source, index, index, model)
    whole = folder / "features.tflite"
    cut.cut(source, 0, len(operators) - 1, whole)
    root = arm64.root(work)
    python, environment = arm64.command(root, part)
    *single, features = counts(run(
        [*emulated, "-L", root, "-cpu", processor, *python, SOURCES / "instructions/invoke.py",
         *models, whole], env=environment))
    # Each invocation costs the same beside its layer, the whole network's too.
    invocation = (sum(single) - features) // (len(single) - 1)
    return [(kind, products, count - invocation, model.name)
            for (kind, products), count, model in zip(operators, single, models, strict=True)]


def modules():
    """What LiteRT's models are made and cut with."""
    sys.path.append(str(SOURCES / "instructions"))
    try:
        import cut
        from models import litert_model
    except ImportError as error:
        raise SystemExit(f"{error}: pip install -r Benchmarks/requirements.txt")
    return cut, litert_model


def totals(layers):
    """Millions of instructions and of multiply-adds by kind."""
    sums = {kind: [0, 0] for kind in KINDS}
    for kind, products, count, _ in layers:
        for key in kind, "all":
            sums[key][0] += count / 1e6
            sums[key][1] += products / 1e6
    return sums


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("backbone", nargs="?", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(".build/instructions"))
    parser.add_argument("--layers", action="store_true", help="write every layer's count, too")
    options = parser.parse_args()
    if options.backbone:
        modules()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    clang = os.environ.get("CLANG", "clang")
    qemu = emulator()
    emulated = [qemu, "-plugin", plugin(qemu, work, clang)]
    # As in Package.swift and Tests/ArmTests.
    run([clang, "--target=aarch64-linux-gnu", "-static", "-std=gnu17", "-O3", "-ffp-contract=off",
         "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", f"-I{KERNELS}/include", *sorted(KERNELS.glob("*.c")),
         SOURCES / "instructions/layers.c", "-lm", "-o", work / "layers"])
    columns = {}
    for precision in "int8", "float32":
        for name, processor, part, kernel_set in PROCESSORS if precision == "int8" else PROCESSORS[:1]:
            columns[f"{precision}, {name}: tl"] = count_tl(emulated, work, processor, precision, kernel_set)
            if options.backbone:
                columns[f"{precision}, {name}: XNNPACK"] = count_litert(
                    emulated, work, options.backbone, processor, part, precision == "int8")
    if options.layers:
        for column, layers in columns.items():
            for kind, products, count, name in layers:
                print(f"{column}\t{kind}\t{name}\t{products}\t{count}")
        print()
    print("| millions of instructions | multiply-adds | " + " | ".join(columns) + " |")
    print("| --- | ---: |" + " ---: |" * len(columns))
    sums = {column: totals(layers) for column, layers in columns.items()}
    for kind, text in KINDS.items():
        products = next(iter(sums.values()))[kind][1]
        cells = " | ".join(f"{each[kind][0]:.2f}" for each in sums.values())
        print(f"| {text} | {products:.1f} | {cells} |")
    cells = " | ".join(f"{each['all'][1] / each['all'][0]:.2f}" for each in sums.values())
    print(f"| multiply-adds an instruction | | {cells} |")


main()
