"""Validation accuracy by backbone, precision and fit, over several seeds.

    Benchmarks/fits.py --data DIR --backbone FILE [--backbone FILE …] [--seeds 10] [--tl-coord PATH]

Each seed draws its own split. All runs share a store of features, so that only the first of each
backbone, precision and fit runs photographs through the network; the others take seconds. Prints a table
in Markdown: mean and standard deviation in percent, and for each fit the mean of its differences from the
first one, seed by seed, with the standard error of that mean.
"""

import argparse
import json
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time


def processor():
    names = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return f"{len(names)} × {names[0]}" if names else platform.machine()


def accuracy(tl_coord, folder, name, options):
    """The validation accuracy of one run, in percent, and how many photographs the network computed."""
    command = [tl_coord, "start", "--run", name, "--runs", folder / "runs", "--cache", folder / "cache",
               "--listen", "127.0.0.1:0", "--local-workers", "1", "--progress", "none", *options]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{name} ended with {done.returncode}: {done.stderr.strip()}")
    log = (folder / "runs" / name / "progress.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in log]
    finished = next(event for event in events if event["event"] == "finished")
    return 100 * finished["validation_accuracy"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--backbone", action="append", required=True, help="a file or a name that tl-coord knows")
    parser.add_argument("--precision", nargs="+", default=["int8", "fp32"])
    parser.add_argument("--fit", nargs="+", default=["crop", "stretch", "pad"])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--option", action="append", default=[], help="passed on, as in --option=--epochs=12")
    parser.add_argument("--tl-coord", default=".build/release/tl-coord")
    arguments = parser.parse_args()
    more = [part for option in arguments.option for part in option.split("=", 1)]
    print(f"{processor()}; seeds 1 to {arguments.seeds}; {' '.join(more) or 'the default options'}\n")
    print("| backbone | " + " | ".join(f"`{fit}`" for fit in arguments.fit) + " |")
    print("| --- |" + " --- |" * len(arguments.fit), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for backbone in arguments.backbone:
            for precision in arguments.precision:
                row, first = [], []
                for fit in arguments.fit:
                    results = []
                    for seed in range(1, arguments.seeds + 1):
                        run = f"{pathlib.Path(backbone).stem}-{precision}-{fit}-{seed}"
                        began = time.monotonic()
                        results.append(accuracy(arguments.tl_coord, folder, run, [
                            "--data", arguments.data, "--backbone", backbone, "--precision", precision,
                            "--fit", fit, "--seed", seed, *more]))
                        print(f"{run}: {results[-1]:.1f} %, {time.monotonic() - began:.1f} s", file=sys.stderr)
                    text = f"{statistics.mean(results):.1f} ± {statistics.stdev(results):.1f}"
                    if first:
                        differences = [a - b for a, b in zip(results, first)]
                        error = statistics.stdev(differences) / len(differences) ** 0.5
                        text += f" ({statistics.mean(differences):+.1f} ± {error:.1f})"
                    first = first or results
                    row.append(text)
                print(f"| {pathlib.Path(backbone).stem}, {precision} | " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
