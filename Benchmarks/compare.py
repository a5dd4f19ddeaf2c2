"""tl and its peers on the same machine, in turn, several rounds; medians, ratios and the limit.

Absolute rates drift on a shared machine, so the rounds alternate between the engines and every
ratio is taken within a round. The peers get their best of one process with all threads and one
process a core, and in int8 the form of the quantized network that is fastest there.

`--kernels avx2` (or avxvnni) compares as on a processor without AVX-512, where this one can hide it
(held.py).
"""

import argparse
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys

import forms
import held

HERE = pathlib.Path(__file__).parent
PEERS = {
    "fp32": ["openvino-fp32", "onnxruntime-fp32", "litert-fp32", "torch-fp32"],
    "bf16": ["openvino-bf16"],
    "int8": ["openvino-int8", "onnxruntime-int8", "litert-int8"],
}
# How often each form is tried; the fastest of these decides.
FORM_ROUNDS = 2
# Networks of timm that LiteRT can be given too, by the name of the file made from Keras's.
KERAS_OF_TIMM = {"mobilenetv2_100": "mobilenet_v2", "mobilenetv3_large_100": "mobilenet_v3_large"}


@dataclasses.dataclass
class Network:
    title: str
    path: str
    preprocess: str
    # The same network in Keras, for LiteRT; None if there is none.
    keras: str | None

    def peers(self, precision):
        def has(engine):
            if engine.startswith("litert"):
                return self.keras is not None
            return not engine.startswith("torch") or self.keras == "mobilenet_v2"

        return list(filter(has, PEERS[precision]))


def rate(command, environment=None):
    """The line of JSON that a command ends with; None, said aloud, where it fails."""
    result = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, env=os.environ | (environment or {}))
    if result.returncode != 0:
        print(f"skipped: {' '.join(map(str, command))}\n{result.stderr[-400:]}", file=sys.stderr)
        return None
    return json.loads(result.stdout.strip().splitlines()[-1])


def tl(args, network, precision, threads):
    return rate([
        args.tl_bench, "forward", "--backbone", network.path, "--precision", precision,
        "--preprocess", network.preprocess,
        "--threads", threads, "--seconds", args.seconds, "--json"],
        held.environment(args.kernels, args.work))


def peer(args, network, engine, form, threads, processes):
    command = [
        sys.executable, HERE / "peer.py", engine, network.path, "--work", args.work,
        "--threads", threads, "--processes", processes, "--seconds", args.seconds]
    command += ["--form", form] if form else []
    command += ["--keras", network.keras] if network.keras else []
    result = rate(command, held.environment(args.kernels, args.work))
    if result and result["cpuid_answers"] > args.seconds:
        print(f"{engine}: slowed down by {result['cpuid_answers']} answers to CPUID", file=sys.stderr)
    return result["images_per_second"] if result else None


def peer_best(args, network, engine, form, cores):
    ways = [(1, 1)] if cores == 1 else [(cores, 1), (1, cores)]
    rates = [peer(args, network, engine, form, threads, processes) for threads, processes in ways]
    return max(filter(None, rates), default=None)


def tried_forms(args, network, engine):
    """How fast an engine is on one core with each form that it is tried with, the fastest first."""
    rates = {}
    for _ in range(FORM_ROUNDS):
        for form in forms.OF_ENGINE.get(engine, []):
            if form in rates and rates[form] is None:
                continue  # It failed before, and that was said.
            rate = peer(args, network, engine, form, 1, 1)
            rates[form] = max(filter(None, [rate, rates.get(form)]), default=None)
    made = {form: rate for form, rate in rates.items() if rate}
    return dict(sorted(made.items(), key=lambda item: -item[1]))


def compare(args, network, form_of, cores):
    rates = {}
    limits = {}
    for round_number in range(args.rounds):
        for precision in args.precisions:
            own = tl(args, network, precision, cores) if precision != "bf16" else None
            if own:
                rates.setdefault(f"tl-{precision}", []).append(own["images_per_second"])
                limits.setdefault(precision, []).append(own["limit_images_per_second"])
            for engine in network.peers(precision):
                value = peer_best(args, network, engine, form_of.get(engine), cores)
                if value:
                    rates.setdefault(engine, []).append(value)
        print(f"round {round_number + 1} of {args.rounds} on {cores} core(s) done", file=sys.stderr)
    return rates, limits


def table(network, rates, limits, form_of, cores):
    lines = [f"\n### {network.title}, {cores} core{'s' if cores > 1 else ''}\n",
             "| engine | images/s (median) | tl against it (median of the rounds' ratios, lowest to highest) |",
             "| --- | --- | --- |"]
    for engine, values in sorted(rates.items(), key=lambda item: -statistics.median(item[1])):
        precision = engine.rsplit("-", 1)[1]
        own = rates.get(f"tl-{precision}", [])
        ratio = "" if engine.startswith("tl-") or len(own) != len(values) else spread(own, values)
        name = f"{engine}, {form_of[engine]}" if engine in form_of else engine
        lines.append(f"| {name} | {statistics.median(values):.0f} | {ratio} |")
    for precision, values in limits.items():
        limit = statistics.median(values)
        own = statistics.median(rates[f"tl-{precision}"])
        lines.append(f"| the processor's limit, {precision} | {limit:.0f} | {own / limit:.2f} |")
    return "\n".join(lines)


def spread(own, others):
    ratios = sorted(a / b for a, b in zip(own, others))
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def forms_table(tried):
    lines = ["\n| engine and form, 1 core | images/s (best of the trial) |", "| --- | --- |"]
    for engine, rates in tried.items():
        lines += [f"| {engine}, {form} | {rate:.0f} |" for form, rate in rates.items()]
    return "\n".join(lines)


def networks(args):
    """What is to be compared: the backbone given, and what is exported now or was before."""
    if args.backbone:
        yield Network(pathlib.Path(args.backbone).stem, args.backbone, args.preprocess, "mobilenet_v2")
    for name in args.networks:
        path = pathlib.Path(args.work) / f"{name}.onnx"
        if not path.exists():
            made = subprocess.run(
                [args.exporter, HERE / "networks.py", name, path], capture_output=True, text=True)
            if made.returncode != 0:
                print(f"skipped: {name} can't be exported\n{made.stderr[-400:]}", file=sys.stderr)
                continue
        yield Network(name, str(path), "imagenet", KERAS_OF_TIMM.get(name))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tl-bench", default=".build/release/tl-bench")
    parser.add_argument("--backbone", help="an ONNX MobileNetV2 1.0 at 224x224")
    parser.add_argument("--preprocess", default="inception", choices=["inception", "imagenet"])
    parser.add_argument(
        "--networks", nargs="+", default=[], metavar="NAME", help="also networks of timm, with random weights")
    parser.add_argument(
        "--exporter", default=sys.executable, help="a Python that has requirements-networks.txt")
    parser.add_argument("--work", default=".build/benchmarks", help="folder for the converted models")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16", "int8"], choices=sorted(PEERS))
    parser.add_argument("--cores", type=int, nargs="+", default=sorted({1, os.cpu_count()}))
    parser.add_argument(
        "--form", nargs=2, action="append", default=[], metavar=("ENGINE", "FORM"),
        help="how the network of an engine is quantized, such as openvino-int8 nncf-mixed; the fastest "
        "is found out for those that aren't given")
    parser.add_argument("--kernels", choices=held.KERNELS, help="hold tl and its peers to these")
    parser.add_argument("--json", help="also write every rate to this file")
    args = parser.parse_args()
    if not args.backbone and not args.networks:
        parser.error("give --backbone, --networks or both")
    for engine, form in args.form:
        if form not in forms.OF_ENGINE.get(engine, []):
            parser.error(f"--form {engine} {form}: there are " + "; ".join(
                f"{name} with {', '.join(known)}" for name, known in forms.OF_ENGINE.items()))
    if args.kernels:
        # Without AVX-512 no processor computes in bfloat16.
        args.precisions = [precision for precision in args.precisions if precision != "bf16"]
    pathlib.Path(args.work).mkdir(parents=True, exist_ok=True)
    everything = {}
    for network in networks(args):
        engines = [engine for precision in args.precisions for engine in network.peers(precision)]
        form_of = dict(args.form)
        tried = {
            engine: rates for engine in engines
            if engine not in form_of and (rates := tried_forms(args, network, engine))}
        form_of |= {engine: next(iter(rates)) for engine, rates in tried.items()}
        results = everything[network.title] = {"forms": tried, "cores": {}}
        for cores in args.cores:
            rates, limits = compare(args, network, form_of, cores)
            results["cores"][cores] = {"rates": rates, "limits": limits}
            print(table(network, rates, limits, form_of, cores), flush=True)
        if tried:
            print(forms_table(tried), flush=True)
    if args.kernels:
        print(f"\n{held.sentence(args.kernels)}")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()
