"""A whole run of tl beside the same job done with its peers: photographs to a trained classifier.

Everyone gets the same folder (the photographs given, over and over, each file with bytes of its own),
two cores, and as many epochs of a head on a frozen MobileNetV2. Times are from the command to the end
of its process. Keras computes the frozen network anew in each epoch; where that takes too long, it
runs fewer epochs and its time is computed from these, which the table says.
"""

import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import compare
import forms
import held

HERE = pathlib.Path(__file__).parent
# What the others are compared with.
FIRST = "tl, int8"


def repeat_photographs(source, target, count):
    """Each copy has a JPEG comment (ITU-T T.81, B.2.4.5) of its own; the pictures stay the same."""
    files = sorted(path for path in pathlib.Path(source).glob("*/*") if path.suffix.lower() in {".jpg", ".jpeg"})
    if not files:
        raise SystemExit(f"there is no JPEG file in a class folder of {source}")
    contents = [file.read_bytes() for file in files]
    for number in range(count):
        file, content = files[number % len(files)], contents[number % len(files)]
        comment = f"photograph {number}".encode()
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        folder = pathlib.Path(target) / file.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}-{file.name}").write_bytes(content[:2] + segment + content[2:])


def without_classifier(model, work):
    """The ONNX file up to the input of its last Gemm, MatMul or Conv."""
    import onnx

    target = pathlib.Path(work) / (pathlib.Path(model).stem + ".features.onnx")
    if not target.exists():
        graph = onnx.load(str(model)).graph
        weights = {initializer.name for initializer in graph.initializer}
        inputs = [value.name for value in graph.input if value.name not in weights]
        last = [node for node in graph.node if node.op_type in {"Gemm", "MatMul", "Conv"}][-1]
        onnx.utils.extract_model(str(model), str(target), inputs, [last.input[0]])
    return target


def seconds(command, folder, environment):
    """The time of a command with an empty cache, that of the processors, and what it printed.

    None, None where it failed.
    """
    cache = pathlib.Path(folder) / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    shutil.rmtree(pathlib.Path(folder) / "runs", ignore_errors=True)
    environment = os.environ | environment | {"XDG_CACHE_HOME": str(cache), "TF_CPP_MIN_LOG_LEVEL": "3"}
    start, busy = time.perf_counter(), processor_seconds()
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=folder, env=environment)
    duration, busy = time.perf_counter() - start, processor_seconds() - busy
    if result.returncode != 0:
        print(f"skipped: {' '.join(map(str, command))}\n{result.stderr[-400:]}", file=sys.stderr)
        return None, None, ""
    return duration, busy, result.stdout


def processor_seconds():
    """Of all processes that ended, which others on the machine slow down less than the time that passes."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def commands(args, data, features, quantized):
    """The engines' commands by their names."""
    def tl(precision):
        return [
            pathlib.Path(args.tl_coord).resolve(), "start", "--data", data, "--backbone",
            pathlib.Path(args.backbone).resolve(), "--preprocess", args.preprocess, "--precision", precision,
            "--run", "bench", "--epochs", args.epochs, "--local-workers", os.cpu_count(),
            "--worker-threads", 1, "--listen", "127.0.0.1:0", "--progress", "none"]

    def openvino(model, precision):
        return [
            sys.executable, HERE.resolve() / "run_openvino.py", data, "--model", model, "--precision", precision,
            "--epochs", args.epochs]

    every = {
        "tl, int8": tl("int8"), "tl, fp32": tl("fp32"),
        "OpenVINO by hand, int8": openvino(quantized, "f32"),
        "OpenVINO by hand, bf16": openvino(features, "bf16"),
        "OpenVINO by hand, fp32": openvino(features, "f32"),
    }
    # Without AVX-512 no processor computes in bfloat16.
    return {
        name: command for name, command in every.items()
        if name.rsplit(" ", 1)[1] in args.precisions and not (args.kernels and name.endswith("bf16"))}


def quantized_features(args, features):
    """The form of the quantized network in which OpenVINO is fastest here, and its file."""
    import models

    if args.form:
        return args.form, models.quantized(features, args.work, args.form).resolve()
    network = compare.Network("", str(features), args.preprocess, None)
    trial = argparse.Namespace(work=args.work, kernels=args.kernels, seconds=1)
    form = next(iter(compare.tried_forms(trial, network, "openvino-int8")), forms.DEFAULT)
    return form, models.quantized(features, args.work, form).resolve()


def ratio(values, own):
    """The median of the rounds' ratios; nothing where not all rounds can be compared."""
    if not own or len(own) < len(values):
        return ""
    return f"{statistics.median(a / b for a, b in zip(values, own)):.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tl-coord", default=".build/release/tl-coord")
    parser.add_argument("--data", required=True, help="a folder of photographs with a folder for each class")
    parser.add_argument("--backbone", required=True, help="an ONNX MobileNetV2 1.0 at 224x224")
    parser.add_argument("--preprocess", default="inception", choices=["inception", "imagenet"])
    parser.add_argument("--work", default=".build/benchmarks", help="folder for the converted models")
    parser.add_argument("--images", type=int, default=3670)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keras-epochs", type=int, default=1, help="0 leaves Keras out")
    parser.add_argument(
        "--precisions", nargs="+", default=["int8", "bf16", "fp32"], choices=["int8", "bf16", "fp32"])
    parser.add_argument(
        "--form", choices=forms.OF_ENGINE["openvino-int8"],
        help="how OpenVINO's network is quantized; the fastest is found out if this isn't given")
    parser.add_argument("--kernels", choices=held.KERNELS, help="hold tl and its peers to these")
    args = parser.parse_args()
    work = pathlib.Path(args.work)
    work.mkdir(parents=True, exist_ok=True)
    features = without_classifier(args.backbone, work).resolve()
    form, quantized = quantized_features(args, features)
    environment = held.environment(args.kernels, args.work)
    times, busy_times = {}, {}
    with tempfile.TemporaryDirectory(prefix="tl-benchmark-") as folder:
        data = pathlib.Path(folder) / "photographs"
        repeat_photographs(args.data, data, args.images)
        for number in range(args.rounds):
            for name, command in commands(args, data, features, quantized).items():
                duration, busy, _ = seconds(command, folder, environment)
                if duration:
                    times.setdefault(name, []).append(duration)
                    busy_times.setdefault(name, []).append(busy)
            print(f"round {number + 1} of {args.rounds} done", file=sys.stderr)
        if args.keras_epochs:
            epochs = min(args.keras_epochs, args.epochs)
            duration, _, output = seconds(
                [sys.executable, HERE.resolve() / "run_keras.py", data, "--epochs", epochs], folder, environment)
            if duration:
                rest = (args.epochs - epochs) * json.loads(output.splitlines()[-1])["epoch"]
                note = f" (computed from {epochs} of {args.epochs} epochs)" if rest else ""
                times[f"Keras, fit with a frozen base{note}"] = [duration + rest]
    own = times.get(FIRST)
    print(f"\n### {args.images} photographs, {args.epochs} epochs, {os.cpu_count()} cores\n")
    print("| | seconds (median) | times as long as tl's int8 (median of the rounds' ratios) "
          "| seconds of processors, and the ratio |")
    print("| --- | --- | --- | --- |")
    for name, values in sorted(times.items(), key=lambda item: statistics.median(item[1])):
        busy = busy_times.get(name)
        print(f"| {name} | {statistics.median(values):.1f} | {ratio(values, own)} "
              f"| {f'{statistics.median(busy):.1f}, {ratio(busy, busy_times.get(FIRST))}' if busy else ''} |")
    print(f"\nOpenVINO's int8 network is in the form {form}.")
    if args.kernels:
        print(held.sentence(args.kernels))


if __name__ == "__main__":
    main()
