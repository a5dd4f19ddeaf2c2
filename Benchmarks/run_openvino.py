"""The whole job as one would write it by hand for speed: OpenVINO, PIL, cached features, numpy.

Each core has a process that decodes photographs (scaled down within the JPEG where that helps),
resizes, crops and computes features one at a time; then a linear head is trained on the features.
"""

import argparse
import multiprocessing
import os
import pathlib

import numpy as np

import held

NETWORK = None


def begin(model, precision):
    global NETWORK
    import openvino

    held.check()
    core = openvino.Core()
    network = core.read_model(str(model))
    network.reshape([side.get_length() if side.is_static else 1 for side in network.input().partial_shape])
    NETWORK = core.compile_model(network, "CPU", {
        "INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": precision,
        "PERFORMANCE_HINT": "LATENCY"}).create_infer_request()


def features(path):
    from PIL import Image

    image = Image.open(path)
    image.draft("RGB", (256, 256))
    image = image.convert("RGB")
    scale = 256 / min(image.size)
    width, height = (max(256, round(side * scale)) for side in image.size)
    image = image.resize((width, height), Image.BILINEAR)
    left, top = (width - 224) // 2, (height - 224) // 2
    pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32)
    NETWORK.infer([(pixels / 127.5 - 1).transpose(2, 0, 1)[None]])
    return NETWORK.get_output_tensor(0).data.reshape(-1).copy()


def train(rows, labels, classes, epochs, generator):
    """AdamW on the softmax of a linear head, batches of 32. Returns the weights."""
    shape = (rows.shape[1] + 1, classes)
    weights, mean, square = (np.zeros(shape, np.float32) for _ in range(3))
    rows = np.concatenate([rows, np.ones((len(rows), 1), np.float32)], 1)
    step = 0
    for _ in range(epochs):
        order = generator.permutation(len(rows))
        for batch in np.array_split(order, range(32, len(order), 32)):
            step += 1
            logits = rows[batch] @ weights
            shares = np.exp(logits - logits.max(1, keepdims=True))
            shares /= shares.sum(1, keepdims=True)
            shares[np.arange(len(batch)), labels[batch]] -= 1
            gradient = rows[batch].T @ shares / len(batch)
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            change = mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
            weights -= 1e-3 * change
    return weights


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--model", required=True, help="a file that OpenVINO reads and that ends in the features")
    parser.add_argument("--precision", default="f32", choices=["f32", "bf16"])
    parser.add_argument("--epochs", type=int, default=6)
    args = parser.parse_args()
    folders = sorted(path for path in pathlib.Path(args.data).iterdir() if path.is_dir())
    files = [(str(file), place) for place, folder in enumerate(folders) for file in sorted(folder.iterdir())]
    generator = np.random.default_rng(42)
    generator.shuffle(files)
    labels = np.array([int(place) for _, place in files])
    context = multiprocessing.get_context("spawn")
    with context.Pool(os.cpu_count(), begin, (args.model, args.precision)) as pool:
        rows = np.stack(pool.map(features, [file for file, _ in files], chunksize=32))
    count = len(files) * 7 // 10
    weights = train(rows[:count], labels[:count], len(folders), args.epochs, generator)
    logits = rows[count:] @ weights[:-1] + weights[-1]
    print(f"validation accuracy {(logits.argmax(1) == labels[count:]).mean():.3f}")


if __name__ == "__main__":
    main()
