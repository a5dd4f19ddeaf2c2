"""tl and its peers on the same machine, in turn, several rounds; medians, ratios and the limit.

Absolute rates drift on a shared machine, so the rounds alternate between the engines and every
ratio is taken within a round. The peers get their best of one process with all threads and one
process a core.

`--kernels avx2` (or avxvnni) compares as on a processor without AVX-512. oneDNN, and so OpenVINO, can
be held to the same instructions; ONNX Runtime and LiteRT can't, so what they reach on a processor that
has more must be measured again on one that hasn't.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
# What oneDNN calls the instructions of a kernel set.
ONEDNN_ISA = {"avx2": "AVX2", "avxvnni": "AVX2_VNNI"}
UNRESTRICTED = ("onnxruntime", "litert", "torch")
PEERS = {
    "fp32": ["openvino-fp32", "onnxruntime-fp32", "litert-fp32", "torch-fp32"],
    "bf16": ["openvino-bf16"],
    "int8": ["openvino-int8", "onnxruntime-int8", "litert-int8"],
}


def rate(command, environment=None):
    result = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | (environment or {}))
    if result.returncode != 0:
        print(f"skipped: {' '.join(map(str, command))}\n{result.stderr[-400:]}", file=sys.stderr)
        return None
    return json.loads(result.stdout.strip().splitlines()[-1])


def tl(args, precision, threads):
    return rate([
        args.tl_bench, "forward", "--backbone", args.backbone, "--precision", precision,
        "--preprocess", args.preprocess,
        "--threads", str(threads), "--seconds", str(args.seconds), "--json"],
        {"TL_KERNELS": args.kernels} if args.kernels else None)


def peer(args, engine, threads, processes):
    return rate([
        sys.executable, HERE / "peer.py", engine, args.backbone, "--work", args.work,
        "--threads", str(threads), "--processes", str(processes), "--seconds", str(args.seconds)],
        {"ONEDNN_MAX_CPU_ISA": ONEDNN_ISA[args.kernels]} if args.kernels else None)


def peer_best(args, engine, cores):
    ways = [(1, 1)] if cores == 1 else [(cores, 1), (1, cores)]
    results = [peer(args, engine, threads, processes) for threads, processes in ways]
    return max((r["images_per_second"] for r in results if r), default=None)


def compare(args, cores):
    rates = {}
    limits = {}
    for round_number in range(args.rounds):
        for precision in args.precisions:
            own = tl(args, precision, cores) if precision != "bf16" else None
            if own:
                rates.setdefault(f"tl-{precision}", []).append(own["images_per_second"])
                limits.setdefault(precision, []).append(own["limit_images_per_second"])
            for engine in PEERS[precision]:
                value = peer_best(args, engine, cores)
                if value:
                    rates.setdefault(engine, []).append(value)
        print(f"round {round_number + 1} of {args.rounds} on {cores} core(s) done", file=sys.stderr)
    return rates, limits


def table(rates, limits, cores):
    lines = [f"\n### {cores} core{'s' if cores > 1 else ''}\n",
             "| engine | images/s (median) | tl against it (median of the rounds' ratios) |", "| --- | --- | --- |"]
    for engine, values in sorted(rates.items(), key=lambda item: -statistics.median(item[1])):
        precision = engine.rsplit("-", 1)[1]
        own = rates.get(f"tl-{precision}", [])
        ratio = "" if engine.startswith("tl-") or len(own) != len(values) else (
            f"{statistics.median(a / b for a, b in zip(own, values)):.2f}")
        lines.append(f"| {engine} | {statistics.median(values):.0f} | {ratio} |")
    for precision, values in limits.items():
        limit = statistics.median(values)
        own = statistics.median(rates[f"tl-{precision}"])
        lines.append(f"| the processor's limit, {precision} | {limit:.0f} | {own / limit:.2f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tl-bench", default=".build/release/tl-bench")
    parser.add_argument("--backbone", required=True, help="an ONNX MobileNetV2 1.0 at 224x224")
    parser.add_argument("--preprocess", default="inception", choices=["inception", "imagenet"])
    parser.add_argument("--work", default=".build/benchmarks", help="folder for the converted models")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16", "int8"], choices=sorted(PEERS))
    parser.add_argument("--cores", type=int, nargs="+", default=sorted({1, os.cpu_count()}))
    parser.add_argument(
        "--kernels", choices=sorted(ONEDNN_ISA), help="hold tl and, where it can be, its peers to these")
    parser.add_argument("--json", help="also write every rate to this file")
    args = parser.parse_args()
    pathlib.Path(args.work).mkdir(parents=True, exist_ok=True)
    everything = {}
    for cores in args.cores:
        rates, limits = compare(args, cores)
        everything[cores] = {"rates": rates, "limits": limits}
        print(table(rates, limits, cores))
    if args.kernels:
        print(f"\ntl with {args.kernels}, OpenVINO with {ONEDNN_ISA[args.kernels]}; "
              f"with all that this processor has: {', '.join(UNRESTRICTED)}.")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()
