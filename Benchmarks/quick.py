"""In two minutes: what matters most of how fast tl is here, beside those peers that are installed.

One core; rounds alternate between the engines until the time is up; rates are medians, and ratios
medians of the rounds' ratios to the peer that is fastest. `make bench` is thorough where this is quick.
"""

import argparse
import importlib.util
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import compare
import forms
import held

HERE = pathlib.Path(__file__).parent
MODULES = {"onnxruntime": "onnxruntime", "openvino": "openvino", "litert": "ai_edge_litert"}
# Of the quantized forms those that are mostly the fastest; there's no time for trying.
FORM_OF = {
    "onnxruntime-int8": "operators-u8s8",
    "openvino-int8": "nncf-mixed" if importlib.util.find_spec("nncf") else forms.DEFAULT}


def processor():
    """The name of this machine's processor, as far as Linux tells."""
    for command in (["grep", "-m1", "^model name", "/proc/cpuinfo"], ["lscpu"]):
        try:
            lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
        except OSError:
            continue
        for line in lines:
            if line.lower().startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def skip(what, why):
    print(f"skipped: {what}, since {why}", file=sys.stderr)


def has(module):
    return importlib.util.find_spec(module) is not None


def engines(args, network):
    """What can be measured, by precision."""
    found = {}
    for precision in ("int8", "fp32"):
        for engine in (f"{peer}-{precision}" for peer in MODULES):
            module = MODULES[engine.split("-")[0]]
            model = pathlib.Path(args.work) / f"{network.keras}_{precision}.tflite"
            if not has(module):
                skip(engine, f"{module} isn't installed (make bench installs the peers)")
            elif not has("onnx"):
                skip(engine, "onnx isn't installed")
            elif engine.startswith("litert") and not (network.keras and model.exists()):
                skip(engine, "its network hasn't been written yet, which takes a minute (make bench does)")
            else:
                found.setdefault(precision, []).append(engine)
    return found


class Table:
    """Rates by row and engine, and tl's share of a limit by row."""

    def __init__(self):
        self.rates, self.shares = {}, {}

    def add(self, row, engine, rate):
        self.rates.setdefault(row, {}).setdefault(engine, []).append(rate)

    def line(self, row):
        rates = self.rates[row]
        own = rates["tl"]
        # A peer that failed in some round has no ratios.
        peers = {name: values for name, values in rates.items() if name != "tl" and len(values) == len(own)}
        cells = [row, f"{statistics.median(own):.0f}", "none", "", "", ""]
        if peers:
            best = max(peers, key=lambda name: statistics.median(peers[name]))
            cells[2:5] = [best, f"{statistics.median(peers[best]):.0f}",
                          f"{statistics.median(a / b for a, b in zip(own, peers[best])):.2f}"]
        if row in self.shares:
            cells[5] = f"{statistics.median(self.shares[row]):.2f}"
        return "| " + " | ".join(cells) + " |"


def forward_round(args, network, found, table):
    for precision in ("int8", "fp32"):
        own = compare.tl(args, network, precision, 1)
        if not own:
            continue
        row = f"{precision}, images/s"
        table.add(row, "tl", own["images_per_second"])
        table.shares.setdefault(row, []).append(own["share_of_limit"])
        for engine in list(found.get(precision, [])):
            form = FORM_OF.get(engine)
            rate = compare.peer(args, network, engine, form, 1, 1)
            if rate:
                table.add(row, engine.split("-")[0] + (f", {form}" if form else ""), rate)
            else:
                found[precision].remove(engine)


def decode_round(args, environment, table):
    common = ["--data", args.data, "--seconds", args.seconds]
    own = compare.rate([args.tl_bench, "decode", *common, "--json"], environment)
    if own:
        table.add("photographs decoded/s", "tl", own["images_per_second"])
        for form in ("draft", "whole") if has("PIL") else ():
            peer = compare.rate(
                [sys.executable, HERE / "pil_decode.py", *common, "--form", form], environment)
            if peer:
                table.add("photographs decoded/s", f"PIL, {form}", peer["images_per_second"])


def steps_round(args, environment, table):
    row, seconds = "steps/s, 2 workers", ["--seconds", args.seconds]
    own = compare.rate([args.tl_bench, "steps", *seconds, "--rounds", 1, "--json"], environment)
    if not own:
        return
    table.add(row, "tl", own["steps_per_second"])
    table.shares.setdefault(row, []).append(own["share_of_echo"])
    if has("torch"):
        peer = compare.rate([sys.executable, HERE / "ddp.py", *seconds], environment)
        if peer:
            table.add(row, "PyTorch DDP, gloo", peer["steps_per_second"])
    else:
        skip("PyTorch's steps", "torch isn't installed")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tl-bench", default=".build/release/tl-bench")
    parser.add_argument("--data", required=True, help="a folder of photographs")
    parser.add_argument("--backbone", required=True, help="an ONNX file")
    parser.add_argument("--preprocess", default="inception", choices=["inception", "imagenet"])
    parser.add_argument("--work", default=".build/benchmarks", help="folder for the converted models")
    parser.add_argument("--seconds", type=float, default=1, help="for each engine in each round")
    parser.add_argument("--limit", type=float, default=100, help="in seconds; no round begins that would pass it")
    parser.add_argument("--kernels", choices=held.KERNELS, help="hold tl and its peers to these")
    args = parser.parse_args()
    begin = time.monotonic()
    os.makedirs(args.work, exist_ok=True)
    environment = held.environment(args.kernels, args.work)
    stem = pathlib.Path(args.backbone).stem
    network = compare.Network(
        stem, args.backbone, args.preprocess, "mobilenet_v2" if stem == "mobilenet_v2_1.0_224" else None)
    found, table = engines(args, network), Table()
    if not os.path.isdir(args.data):
        skip("decoding", f"{args.data} isn't there")
    elif not has("PIL"):
        skip("decoding by PIL", "pillow isn't installed")
    steps_round(args, environment, table)
    # The first round is longer than others where it makes the peers' files.
    rounds, longest = 0, 0
    while rounds == 0 or time.monotonic() + longest < begin + args.limit:
        start = time.monotonic()
        forward_round(args, network, found, table)
        if os.path.isdir(args.data):
            decode_round(args, environment, table)
        rounds, longest = rounds + 1, time.monotonic() - start
    print(f"\n{processor()}, {os.cpu_count()} cores; one core, {network.title}, "
          f"{rounds} round{'s' if rounds > 1 else ''}\n")
    print("| | tl | fastest peer | its rate | tl against it | of the limit |")
    print("| --- | --- | --- | --- | --- | --- |")
    for row in table.rates:
        print(table.line(row))
    print("\nThe limit is the processor's own for images, and an echo of the same bytes for steps.")
    if args.kernels:
        print(held.sentence(args.kernels))


if __name__ == "__main__":
    main()
