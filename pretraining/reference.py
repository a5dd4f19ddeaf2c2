"""Features of a plain pattern by onnxruntime, for the test of the demo backbone: `python reference.py FILE.onnx`."""

import sys

import numpy as np
import onnx

from export import features


def main():
    model = onnx.load(sys.argv[1])
    side = model.graph.input[0].type.tensor_type.shape.dim[2].dim_value
    y, x, c = np.meshgrid(np.arange(side), np.arange(side), np.arange(3), indexing="ij")
    pattern = (x * (c + 2) + y * 3 + x * y // 32) & 255
    image = (pattern.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
    f = features(model, [image])[0]
    print(", ".join(f"{v:.6f}" for v in f[::80]))
    print(f"sum {f.sum(dtype=np.float64):.4f}")


if __name__ == "__main__":
    main()
