"""Writes the backbone as ONNX: `python export.py WEIGHTS.pt --out demo.onnx`, and compares it with PyTorch.

Batch normalization is folded into the convolutions, whose weights are then rounded to the eleven
significant bits of float16, which halves the file's compressed size. The last layer tells the kinds
of generated picture apart; `tl` drops it.
"""

import argparse

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

import scenes
from model import Block
from probe import load
from train import HEADS


def folded(layer):
    """Weight and bias of a convolution followed by its normalization."""
    convolution, normal = layer[0], layer[1]
    factor = normal.weight.double() / torch.sqrt(normal.running_var.double() + normal.eps)
    weight = convolution.weight.double() * factor[:, None, None, None]
    bias = normal.bias.double() - normal.running_mean.double() * factor
    return weight.float().detach().numpy(), bias.float().detach().numpy()


class Graph:
    """ONNX nodes and weights in the order in which they run."""

    def __init__(self):
        self.nodes, self.weights, self.last = [], [], "input"
        self.constant("low", np.float32(0))
        self.constant("high", np.float32(6))

    def constant(self, name, value):
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        self.last = output

    def convolution(self, layer, name):
        weight, bias = folded(layer)
        c = layer[0]
        inputs = [self.last, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)]
        self.node(
            "Conv", inputs, f"{name}.sum" if len(layer) == 3 else name,
            kernel_shape=list(c.kernel_size), strides=list(c.stride), pads=list(c.padding) * 2, group=c.groups, dilations=[1, 1],
        )  # fmt: skip
        if len(layer) == 3:
            self.node("Clip", [self.last, "low", "high"], name)


def graph_of(backbone, classifier):
    graph = Graph()
    for k, layer in enumerate(backbone.layers):
        if isinstance(layer, Block):
            start = graph.last
            for j, part in enumerate(layer.path):
                graph.convolution(part, f"block{k:02d}.{('expand', 'filter', 'project')[j + 3 - len(layer.path)]}")
            if layer.shortcut:
                graph.node("Add", [start, graph.last], f"block{k:02d}.add")
        else:
            graph.convolution(layer, "stem" if k == 0 else "last")
    graph.node("GlobalAveragePool", [graph.last], "pool")
    graph.node("Flatten", ["pool"], "features", axis=1)
    weight, bias = classifier
    graph.node("Gemm", ["features", graph.constant("kinds.weight", weight), graph.constant("kinds.bias", bias)], "logits", transB=1)
    return graph


def amplified(backbone, gain):
    """The same network with larger features, which a head learns from in fewer steps.

    ReLU6 then cuts at 6 / gain instead of 6, which few activations reach.
    """
    normal = backbone.layers[-1][1]
    with torch.no_grad():
        normal.weight *= gain
        normal.bias *= gain
    return backbone


def kinds(path, gain, scale=0.08):
    """The head for the kinds of picture, with the standardization before it folded in."""
    start = list(HEADS).index("layout")
    first = sum(HEADS[name][0] for name in list(HEADS)[:start])
    count = HEADS["layout"][0]
    if path == "random":
        return np.zeros((count, 1280), np.float32), np.zeros(count, np.float32)
    state = torch.load(path, map_location="cpu", weights_only=True)["network"]
    factor = scale / torch.sqrt(state["standard.running_var"] + 1e-5)
    weight = state["head.weight"][first : first + count] * factor
    bias = state["head.bias"][first : first + count] - weight @ state["standard.running_mean"]
    return weight.numpy() / gain, bias.numpy()


def model_of(graph, side):
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "mobilenet-v2-0.35",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, side, side])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, len(scenes.LAYOUTS)])],
            graph.weights,
        ),
        producer_name="pretraining/export.py",
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=8,
    )
    helper.set_model_props(model, {"preprocess": "inception", "classes": ",".join(scenes.LAYOUTS)})
    return model


def rounded(tensor):
    value = numpy_helper.to_array(tensor)
    if value.ndim > 1:
        value = value.astype(np.float16).astype(np.float32)
    return numpy_helper.from_array(value, tensor.name)


def features(model, images):
    watched = onnx.ModelProto.FromString(model.SerializeToString())
    watched.graph.output.append(helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, 1280]))
    session = onnxruntime.InferenceSession(watched.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(["features"], {"input": x})[0] for x in images])


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("weights")
    p.add_argument("--out", required=True)
    p.add_argument("--side", type=int, default=128)
    p.add_argument("--gain", type=float, default=2.5, help="what the features are multiplied by")
    a = p.parse_args()
    backbone = amplified(load(a.weights).eval(), a.gain)
    graph = graph_of(backbone, kinds(a.weights, a.gain))
    exact = model_of(graph, a.side)
    graph.weights = [rounded(w) for w in graph.weights]
    model = model_of(graph, a.side)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, a.out)
    images = [scenes.image(9, k, a.side)[0] for k in range(16)]
    images = [(v.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None] for v in images]
    with torch.no_grad():
        expected = np.concatenate([backbone(torch.from_numpy(x)).numpy() for x in images])
    error, rounding = (np.abs(features(m, images) - expected).max() for m in (exact, model))
    print(f"{a.out}: features differ from PyTorch's by at most {error:.1g} unrounded, {rounding:.1g} rounded")


if __name__ == "__main__":
    main()
