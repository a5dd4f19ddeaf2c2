"""Photographs a second from JPEG to the network's input, by tl and by PIL, in alternating rounds.

Both take the middle square of the same photographs, which lie in memory, and resize it to 224 by 224.
PIL runs a process a core.
"""

import argparse
import os
import statistics
import sys
import pathlib

import held
from compare import rate

HERE = pathlib.Path(__file__).parent
NAMES = {
    "tl": "tl", "draft": "PIL, scaled down while it decodes", "whole": "PIL, all pixels decoded"}


def measure(args, cores, environment):
    """The rates of each engine on some cores, one a round."""
    rates = {name: [] for name in NAMES}
    common = ["--data", args.data, "--seconds", args.seconds]
    for _ in range(args.rounds):
        results = {"tl": rate(
            [args.tl_bench, "decode", *common, "--threads", cores, "--json"], environment)}
        for form in ("draft", "whole"):
            results[form] = rate(
                [sys.executable, HERE / "pil_decode.py", *common, "--form", form, "--processes", cores],
                environment)
        # A round without all of them has no ratios.
        if all(results.values()):
            for name, result in results.items():
                rates[name].append(result["images_per_second"])
    return rates


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tl-bench", default=".build/release/tl-bench")
    parser.add_argument("--data", required=True, help="a folder of photographs")
    parser.add_argument("--work", default=".build/benchmarks", help="folder for what holds processes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--cores", type=int, nargs="+", default=sorted({1, os.cpu_count()}))
    parser.add_argument("--kernels", choices=held.KERNELS, help="hold tl and PIL to these")
    args = parser.parse_args()
    environment = held.environment(args.kernels, args.work)
    for cores in args.cores:
        rates = measure(args, cores, environment)
        if not rates["tl"]:
            raise SystemExit("no round was measured")
        print(f"\n### Photographs decoded, {cores} core{'s' if cores > 1 else ''}\n")
        print("| | photographs/s (median) | a core | tl against it (median of the rounds' ratios) |")
        print("| --- | --- | --- | --- |")
        for name, values in rates.items():
            ratio = statistics.median(a / b for a, b in zip(rates["tl"], values))
            median = statistics.median(values)
            print(f"| {NAMES[name]} | {median:.0f} | {median / cores:.0f} | "
                  f"{'' if name == 'tl' else f'{ratio:.2f}'} |")
    if args.kernels:
        print(f"\n{held.sentence(args.kernels)}")


if __name__ == "__main__":
    main()
