"""Synchronous steps per second of tl and of PyTorch DistributedDataParallel, in alternating rounds.

Both take steps of a linear head with 2 workers on loopback; tl-bench also tells how fast libzmq
alone echoes the same bytes. Medians, and ratios within a round, because shared machines drift.
"""

import argparse
import pathlib
import statistics
import sys

import held
from compare import rate

HERE = pathlib.Path(__file__).parent


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tl-bench", default=".build/release/tl-bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--work", default=".build/benchmarks", help="folder for what holds processes")
    parser.add_argument("--kernels", choices=held.KERNELS, help="hold tl and PyTorch to these")
    args = parser.parse_args()
    environment = held.environment(args.kernels, args.work)
    size = ["--workers", str(args.workers), "--batch-size", str(args.batch_size)]
    size += ["--seconds", str(args.seconds)]
    own, echo, ddp = [], [], []
    for _ in range(args.rounds):
        steps = rate([args.tl_bench, "steps", *size, "--rounds", "1", "--json"], environment)
        if not steps:
            raise SystemExit("tl-bench steps failed")
        own.append(steps["steps_per_second"])
        echo.append(steps["echo_rounds_per_second"])
        peer = rate([sys.executable, HERE / "ddp.py", *size], environment)
        ddp.append(peer["steps_per_second"] if peer else None)
    print(f"\n### Steps of a head, {args.workers} workers, batches of {args.batch_size}\n")
    print("| | steps/s (median) | tl against it (median of the rounds' ratios) |")
    print("| --- | --- | --- |")
    print(f"| tl | {statistics.median(own):.0f} | |")
    print(f"| libzmq, an echo of the same bytes | {statistics.median(echo):.0f} | {ratio(own, echo)} |")
    if any(ddp):
        name = "PyTorch DistributedDataParallel, gloo"
        print(f"| {name} | {statistics.median(filter(None, ddp)):.0f} | {ratio(own, ddp)} |")
    if args.kernels:
        print(f"\n{held.sentence(args.kernels)}")


def ratio(own, others):
    return f"{statistics.median(a / b for a, b in zip(own, others) if b):.2f}"


if __name__ == "__main__":
    main()
