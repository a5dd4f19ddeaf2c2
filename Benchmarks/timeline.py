"""What the processors do during a whole run of tl, from the command to the end of its process.

    python3 Benchmarks/timeline.py --data DIR --backbone FILE [--kernels avx2]

Every tenth of a second it reads how long each processor was idle (/proc/stat) and how much processor
time the run's processes took (/proc/PID/stat). A line of the picture is a phase of the run; the table
gives each phase's length and the share of each processor that was idle in it. What others on the
machine compute counts as not idle, which the column for tl's own share shows.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

import run

INTERVAL = 0.1
TICKS = os.sysconf("SC_CLK_TCK")
HEIGHTS = " ▁▂▃▄▅▆▇█"


def idle_seconds():
    """The seconds that each processor was idle since the machine began."""
    lines = pathlib.Path("/proc/stat").read_text().splitlines()
    fields = (line.split() for line in lines if line.startswith("cpu") and line[3].isdigit())
    return [(int(field[4]) + int(field[5])) / TICKS for field in fields]


def busy_seconds(root):
    """The processor time of a process, its descendants, and those of them that ended."""
    parents, times = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
        times[int(entry.name)] = sum(map(int, fields[11:15])) / TICKS

    def belongs(process):
        while process in parents:
            if process == root:
                return True
            process = parents[process]
        return False

    return sum(seconds for process, seconds in times.items() if belongs(process))


def phases(progress, start, end):
    """Names and ends of the phases, in seconds since the command."""
    events = [json.loads(line) for line in progress.read_text().splitlines()]

    def at(kind, which=0):
        found = [event for event in events if event["event"] == kind]
        return time_of(found[which]["time"]) - start if found else None

    # Training waits for features in its first epoch only.
    return [
        ("photographs read and checked, int8 calibrated", at("start")),
        ("features computed, first epoch", at("epoch")),
        ("the other epochs", at("finished", -1)),
        ("report and pictures", end - start),
    ]


def time_of(text):
    import datetime

    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tl-coord", default=".build/release/tl-coord")
    parser.add_argument("--data", required=True, help="a folder of photographs with a folder for each class")
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--preprocess", default="inception", choices=["inception", "imagenet"])
    parser.add_argument("--images", type=int, default=3670)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--kernels", help="hold tl to a set of kernels, such as avx2")
    args = parser.parse_args()
    environment = os.environ | ({"TL_KERNELS": args.kernels} if args.kernels else {})
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        run.repeat_photographs(args.data, folder / "photographs", args.images)
        command = [
            str(pathlib.Path(args.tl_coord).resolve()), "start", "--data", "photographs", "--backbone",
            str(pathlib.Path(args.backbone).resolve()), "--preprocess", args.preprocess, "--run", "timeline",
            "--epochs", str(args.epochs), "--local-workers", str(os.cpu_count()), "--worker-threads", "1",
            "--listen", "127.0.0.1:0", "--progress", "none"]
        start = time.time()
        process = subprocess.Popen(
            command, cwd=folder, env=environment | {"XDG_CACHE_HOME": str(folder / "cache")},
            stderr=subprocess.PIPE, text=True)
        samples = [(0.0, idle_seconds(), 0.0)]
        while process.poll() is None:
            time.sleep(INTERVAL)
            samples.append((time.time() - start, idle_seconds(), busy_seconds(process.pid)))
        end = time.time()
        if process.returncode != 0:
            raise SystemExit(process.stderr.read())
        found = phases(folder / "runs" / "timeline" / "progress.jsonl", start, end)
    show(samples, found)


def between(samples, first, last):
    """Shares of each processor that was idle, and of all that tl took, between two times."""
    inside = [sample for sample in samples if first - INTERVAL / 2 <= sample[0] <= last + INTERVAL / 2]
    (begun, idle, busy), (ended, idle_after, busy_after) = inside[0], inside[-1]
    length = max(ended - begun, INTERVAL)
    shares = [min(1, (b - a) / length) for a, b in zip(idle, idle_after)]
    return shares, max(0, busy_after - busy) / length / len(shares)


def show(samples, found):
    cores = len(samples[0][1])
    print(f"\n| phase | seconds | {' | '.join(f'processor {i} idle' for i in range(cores))} | tl's share of all |")
    print("| --- | ---: |" + " ---: |" * (cores + 1))
    first = 0.0
    for name, last in [*found, ("the whole run", found[-1][1])]:
        if name == "the whole run":
            first = 0.0
        shares, own = between(samples, first, last)
        cells = " | ".join(f"{share:.0%}" for share in shares)
        print(f"| {name} | {last - first:.1f} | {cells} | {own:.0%} |")
        first = last
    print("\nBusy, half a second a column:\n")
    step = 5
    for core in range(cores):
        bars = ""
        for place in range(0, len(samples) - step, step):
            (begun, idle, _), (ended, after, _) = samples[place], samples[place + step]
            busy = 1 - min(1, max(0, (after[core] - idle[core]) / (ended - begun)))
            bars += HEIGHTS[round(busy * (len(HEIGHTS) - 1))]
        print(f"    processor {core} |{bars}|")


if __name__ == "__main__":
    main()
