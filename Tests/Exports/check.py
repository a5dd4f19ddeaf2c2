"""Exports MobileNets as people do, with random weights, and compares tl's features with ONNX Runtime's.

    Tests/Exports/check.py [--quick] [--only TEXT] [--tl-bench PATH] [--kernels NAME …]

Needs torch, torchvision, timm, tensorflow, tf2onnx, onnx and onnxruntime; what is missing is skipped
aloud. With --kernels also computes each export itself in int8 with those sets of kernels, whose results
must be the same byte for byte. Ends with how many of how many are read rightly, for each tool. Exits 1 if
a result differs, or an export can't be read that isn't of a network known to be refused.
"""

import argparse
import importlib.util
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

import variations

# Of the largest feature: float32 sums of some thousand terms, in two orders, through fifty layers. Two
# settings of ONNX Runtime itself differ by 2e-5.
TOLERANCE = 1e-4
IMAGES = 3

ARCHITECTURES = ["v1", "v2", "v3-small", "v3-large"]
# (width, input size); the first is taken by --quick.
GEOMETRIES = [(0.5, 96), (1.0, 224), (0.75, 160), (1.4, 128)]
# tf2onnx takes a minute for each way, PyTorch some seconds; so not every way meets every geometry.
KERAS_WIDTHS = {"v1": {1.4: 1.0}, "v3-small": {0.5: 0.75, 1.4: 1.0}, "v3-large": {0.5: 0.75, 1.4: 1.0}}
TIMM = [
    "mobilenetv3_large_100", "mobilenetv3_small_100", "mobilenetv2_100", "tf_mobilenetv3_small_minimal_100",
    "mobilenetv1_100", "mobilenetv4_conv_small", "mobilenetv4_conv_medium", "mobilenetv4_conv_large", "lcnet_100",
    "mnasnet_100", "mobilenetv4_conv_small@features", "mobilenetv4_conv_small@map",
    "efficientnet_lite0", "mobilenetv2_100@features", "mobilenetv2_100@map", "mobilenetv3_large_100@features",
    "efficientnet_b0", "ghostnet_100", "mobileone_s0", "mobileone_s4",
]
# Parts of names of networks that are known to be refused.
REFUSED = []


def cases(quick):
    geometries = GEOMETRIES[:1] if quick else GEOMETRIES
    if importlib.util.find_spec("torch") and importlib.util.find_spec("torchvision"):
        import torch_exports

        for architecture in ARCHITECTURES:
            for number, (width, size) in enumerate(geometries):
                for place, way in enumerate(torch_exports.WAYS):
                    if quick or (place + number) % 2 == 0:
                        yield "torch", torch_exports.export, (architecture, width, size, 1 + number, way)
        if importlib.util.find_spec("timm"):
            for name in TIMM:
                for way in ["script"] if quick else ["script", "dynamo"]:
                    yield "timm", torch_exports.export, (f"timm-{name}", 1.0, 128, 3, way)
        else:
            print("timm is missing: its exports are skipped", file=sys.stderr)
    else:
        print("torch or torchvision is missing: their exports are skipped", file=sys.stderr)
    if importlib.util.find_spec("tensorflow") and importlib.util.find_spec("tf2onnx"):
        import keras_exports

        for architecture in ARCHITECTURES:
            for number, (width, size) in enumerate(geometries):
                width = KERAS_WIDTHS.get(architecture, {}).get(width, width)
                for place, way in enumerate(keras_exports.WAYS):
                    if way in ("preprocessing", "minimalistic") and not architecture.startswith("v3"):
                        continue
                    if quick or (place + number) % 3 == 0:
                        yield "keras", keras_exports.export, (architecture, width, size, 1 + number, way)
    else:
        print("tensorflow or tf2onnx is missing: their exports are skipped", file=sys.stderr)


def classifier(graph):
    """The node of the last linear layer."""
    makers = {output: node for node in graph.node for output in node.output}
    node = makers[graph.output[0].name]
    while node.op_type not in ("Gemm", "MatMul", "Conv"):
        node = next(makers[name] for name in node.input if name in makers)
    return node


def logits(graph, node):
    """What the classifier gives, its bias included, which follows a MatMul as a node of its own."""
    readers = [other for other in graph.node if node.output[0] in other.input]
    if node.op_type != "Gemm" and len(readers) == 1 and readers[0].op_type == "Add":
        return readers[0].output[0]
    return node.output[0]


def reference(model, images, has_classifier, is_nhwc):
    """Features and, if there is a classifier, its results, from ONNX Runtime."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    del model.graph.output[1:]
    if has_classifier:
        node = classifier(model.graph)
        for name in (node.input[0], logits(model.graph, node)):
            model.graph.output.append(helper.make_empty_tensor_value_info(name))
    # ONNX Runtime wants each node after those that it reads.
    sort(model.graph)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    results = [session.run(None, {name: image[None]}) for image in images]
    if has_classifier:
        return [np.stack([result[place].ravel() for result in results]) for place in (1, 2)]
    features = np.concatenate([result[0] for result in results])
    if features.ndim == 4:
        features = features.mean((1, 2) if is_nhwc else (2, 3), dtype=np.float64).astype(np.float32)
    return features, None


def sort(graph):
    """Puts each node after those that it reads."""
    makers = {output: node for node in graph.node for output in node.output if output}
    ordered, seen = [], set()

    def visit(node):
        stack = [(node, False)]
        while stack:
            node, is_done = stack.pop()
            if is_done:
                ordered.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack.extend((makers[name], False) for name in node.input if name in makers)

    # A node of protobuf is a new object at every look, but those of one list stay the same.
    for node in list(makers.values()):
        visit(node)
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in ordered]
    del graph.node[:]
    graph.node.extend(copies)


def input_shape(model):
    weights = {initializer.name for initializer in model.graph.initializer}
    value = next(value for value in model.graph.input if value.name not in weights)
    return [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]


def tl(bench, path, images, as_pixels, folder, *more, kernels=None):
    source, target = folder / "input.bin", folder / "output.bin"
    source.write_bytes(np.ascontiguousarray(images).tobytes())
    command = [bench, "features", "--backbone", path, "--output", target, *more,
               "--pixels" if as_pixels else "--input", source]
    if not as_pixels:
        command += ["--preprocess", "inception"]
    environment = dict(os.environ, TL_KERNELS=kernels) if kernels else None
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return np.fromfile(target, np.float32).reshape(len(images), -1)


def int8_results(bench, path, size, sets, folder):
    """How many different results the sets of kernels give in int8."""
    shape = input_shape(onnx.load(str(path), load_external_data=False))
    height, width = (extent or size for extent in (shape[1:3] if shape[3] == 3 else shape[2:]))
    pixels = np.random.default_rng(8).integers(0, 256, (IMAGES, height, width, 3), dtype=np.uint8)
    more = ["--precision", "int8", "--preprocess", "inception"]
    more += [] if all(shape[1:]) else ["--input-size", size]
    return len({
        tl(bench, path, pixels, True, folder, *more, kernels=kernels).tobytes() for kernels in sets})


def compare(bench, path, as_pixels, has_classifier, size, folder):
    """The largest difference of a feature, relative to the largest feature."""
    model = onnx.load(str(path))
    shape = input_shape(model)
    is_nhwc = shape[3] == 3
    # 0 stands for what is left free.
    height, width = (extent or size for extent in (shape[1:3] if is_nhwc else shape[2:]))
    more = [] if all(shape[1:]) else ["--input-size", size]
    generator = np.random.default_rng(7)
    coarse = generator.uniform(0, 256, (IMAGES, -(-height // 16), -(-width // 16), 3))
    pixels = np.kron(coarse, np.ones((1, 16, 16, 1)))[:, :height, :width].astype(np.uint8)
    pixels ^= generator.integers(0, 16, pixels.shape, dtype=np.uint8)
    images = pixels.astype(np.float32)
    if not as_pixels:
        images = images / np.float32(127.5) - 1
    expected, scores = reference(
        model, images if is_nhwc else images.transpose(0, 3, 1, 2).copy(), has_classifier, is_nhwc)
    given = pixels if as_pixels else images.transpose(0, 3, 1, 2)
    features = tl(bench, path, given, as_pixels, folder, *more)
    if features.shape != expected.shape or not np.isfinite(features).all():
        raise RuntimeError(f"{features.shape[1]} features instead of {expected.shape[1]}, or not all finite")
    if has_classifier:
        logits = tl(bench, path, given, as_pixels, folder, "--logits", *more)
        if (logits.argmax(1) != scores.argmax(1)).any():
            raise RuntimeError("another first class")
    spread = expected.std(0).max()
    return np.abs(features - expected).max() / np.abs(expected).max(), spread, features.shape[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tl-bench", default=".build/release/tl-bench")
    parser.add_argument("--quick", action="store_true", help="one width and size of each")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--kernels", nargs="+", default=[], help="sets that int8 is compared between")
    parser.add_argument("--keep", type=pathlib.Path, help="folder that keeps the exports")
    arguments = parser.parse_args()
    # For each tool: exports, those read rightly, those refused as expected.
    tally = {}
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        kept = arguments.keep or folder
        kept.mkdir(parents=True, exist_ok=True)
        for tool, export, case in cases(arguments.quick):
            label = " ".join([tool, *map(str, case)])
            if arguments.only not in label:
                continue
            path = kept / (label.replace(" ", "-") + ".onnx")
            if not path.exists():
                export(path, *case)
            for change, changed in variations.of(path, case):
                counts = tally.setdefault(tool, [0, 0, 0])
                counts[0] += 1
                has_classifier = not label.endswith(("features", "map")) and "@" not in label
                if not has_classifier and change == "(probabilities and best)":
                    counts[0] -= 1
                    continue
                verdict, text = judge(arguments.tl_bench, label, changed, has_classifier, case, folder)
                # A graph that prepares its input itself has its own way.
                if verdict == "ok" and arguments.kernels and not change and case[-1] != "preprocessing":
                    try:
                        results = int8_results(
                            arguments.tl_bench, changed, case[2], arguments.kernels, folder)
                        text += f", {results} results in int8"
                        verdict = "ok" if results == 1 else "WRONG"
                    except RuntimeError as error:
                        text += f", not in int8: {error}"
                counts[1] += verdict == "ok"
                counts[2] += verdict == "refused"
                failures += verdict == "WRONG"
                print(f"{verdict:7} {label} {change}: {text}", flush=True)
    for tool, (count, right, refused) in tally.items():
        print(f"{tool}: {right} of {count} exports read rightly, {refused} refused as expected")
    print(f"{failures} wrong")
    return 1 if failures or not tally else 0


def judge(bench, label, path, has_classifier, case, folder):
    is_refusal_expected = any(name in label for name in REFUSED)
    try:
        difference, spread, features = compare(
            bench, path, case[-1] == "preprocessing", has_classifier, case[2], folder)
    except RuntimeError as error:
        return "refused" if is_refusal_expected else "WRONG", str(error)
    is_wrong = difference > TOLERANCE or spread < 1e-2
    text = f"{features} features, difference {difference:.1e}, spread {spread:.2f}"
    return "WRONG" if is_wrong else "ok", text


if __name__ == "__main__":
    sys.exit(main())
