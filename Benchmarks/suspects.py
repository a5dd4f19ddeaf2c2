"""How many wrong labels `tl-coord suspects` finds.

Copies a folder of labelled photographs as links, gives a share of them another class drawn at random,
trains, and counts how many of those are among the first 5 % of the list: once for each seed.

usage: python Benchmarks/suspects.py PHOTOGRAPHS BACKBONE.onnx [--seeds 10] [--swapped 0.03]
"""

import argparse
import csv
import io
import math
import pathlib
import random
import statistics
import subprocess
import tempfile


def swapped_copy(source, target, share, seed):
    """Links in `target` to all photographs; returns the paths there of those in a wrong class."""
    numbers = random.Random(seed)
    classes = sorted(folder.name for folder in source.iterdir() if folder.is_dir())
    files = [file for name in classes for file in sorted((source / name).iterdir())]
    wrong = set(numbers.sample(range(len(files)), round(share * len(files))))
    paths = set()
    for name in classes:
        (target / name).mkdir(parents=True)
    for place, file in enumerate(files):
        label = file.parent.name
        if place in wrong:
            label = numbers.choice([name for name in classes if name != label])
            paths.add(f"{label}/{file.name}")
        (target / label / file.name).symlink_to(file.resolve())
    return paths, len(files)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photographs", type=pathlib.Path)
    parser.add_argument("backbone")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--swapped", type=float, default=0.03)
    parser.add_argument("--commands", default=".build/release", help="the folder of tl-coord")
    options = parser.parse_args()
    tl = f"{options.commands}/tl-coord"
    shares = []
    for seed in range(1, options.seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            photographs = pathlib.Path(folder) / "photographs"
            wrong, count = swapped_copy(options.photographs, photographs, options.swapped, seed)
            places = ["--runs", f"{folder}/runs", "--run", "swapped"]
            subprocess.run(
                [tl, "start", "--data", photographs, "--backbone", options.backbone, "--seed", str(seed),
                 "--progress", "none", *places], check=True, stdout=subprocess.DEVNULL)
            first = math.ceil(0.05 * count)
            listed = subprocess.run(
                [tl, "suspects", "--csv", "--top", str(first), *places], check=True,
                capture_output=True, text=True).stdout
            found = sum(row["file"] in wrong for row in csv.DictReader(io.StringIO(listed)))
            shares.append(found / len(wrong))
            print(f"seed {seed}: {found} of {len(wrong)} among the first {first} of {count}", flush=True)
    spread = statistics.stdev(shares) if len(shares) > 1 else 0
    print(f"{100 * statistics.mean(shares):.1f} % ± {100 * spread:.1f}")


main()
