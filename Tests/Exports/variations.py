"""The same graph in other styles: as the model zoo's, other tools' and older files have it."""

import numpy as np
import onnx
from onnx import helper, numpy_helper


def of(path, case):
    """The export itself, and some rewritten forms of it beside it."""
    yield "", path
    for name, rewrite in REWRITES.items():
        model = onnx.load(str(path))
        if rewrite(model):
            target = path.with_suffix(f".{name}.onnx")
            onnx.save(model, str(target))
            yield f"({name})", target


def constants_as_nodes(model):
    """Weights as Constant nodes."""
    graph = model.graph
    nodes = [
        helper.make_node("Constant", [], [tensor.name], f"constant_{tensor.name}", value=tensor)
        for tensor in graph.initializer]
    names = {tensor.name for tensor in graph.initializer}
    rest = list(graph.node)
    inputs = [value for value in graph.input if value.name not in names]
    del graph.node[:], graph.initializer[:], graph.input[:]
    graph.node.extend(nodes + rest)
    graph.input.extend(inputs)
    return True


def halves(model):
    """Weights of convolutions as float16 with a Cast each."""
    graph = model.graph
    weights = {node.input[1] for node in graph.node if node.op_type == "Conv"}
    casts = []
    for tensor in list(graph.initializer):
        if tensor.name not in weights or tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        half = numpy_helper.from_array(
            numpy_helper.to_array(tensor).astype(np.float16), tensor.name + "_half")
        casts.append(helper.make_node("Cast", [half.name], [tensor.name], to=onnx.TensorProto.FLOAT))
        graph.initializer.remove(tensor)
        graph.initializer.append(half)
    inputs = [value for value in graph.input if value.name not in weights]
    rest = list(graph.node)
    del graph.node[:], graph.input[:]
    graph.node.extend(casts + rest)
    graph.input.extend(inputs)
    return bool(casts)


def computed_shape(model):
    """Flatten as a Reshape whose shape is computed from the batch, as in the zoo's MobileNetV2."""
    graph = model.graph
    place = next((i for i, node in enumerate(graph.node) if node.op_type == "Flatten"), None)
    version = next(entry.version for entry in model.opset_import if entry.domain == "")
    if place is None or version >= 13:
        return False
    node = graph.node[place]
    source, target = node.input[0], node.output[0]
    graph.node.remove(node)
    zero = numpy_helper.from_array(np.int64(0))
    minus = numpy_helper.from_array(np.int64(-1))
    chain = [
        helper.make_node("Shape", [source], ["flat_shape"]),
        helper.make_node("Constant", [], ["flat_zero"], value=zero),
        helper.make_node("Gather", ["flat_shape", "flat_zero"], ["flat_count"], axis=0),
        helper.make_node("Constant", [], ["flat_minus"], value=minus),
        helper.make_node("Unsqueeze", ["flat_count"], ["flat_a"], axes=[0]),
        helper.make_node("Unsqueeze", ["flat_minus"], ["flat_b"], axes=[0]),
        helper.make_node("Concat", ["flat_a", "flat_b"], ["flat_target"], axis=0),
        helper.make_node("Reshape", [source, "flat_target"], [target]),
    ]
    for offset, new in enumerate(chain):
        graph.node.insert(place + offset, new)
    return True


def minimum_of_maximum(model):
    """Clip as Max and Min, hard swish spelled out with a division."""
    graph = model.graph
    initializers = {tensor.name: tensor for tensor in graph.initializer}
    constants = {
        node.output[0]: node.attribute[0].t for node in graph.node if node.op_type == "Constant"}
    version = next(entry.version for entry in model.opset_import if entry.domain == "")
    if version < 13:
        return False
    changed = False
    nodes = []
    new = [numpy_helper.from_array(np.float32(value), name)
           for name, value in [("mm_0", 0), ("mm_3", 3), ("mm_6", 6)]]
    for node in graph.node:
        if node.op_type == "Clip" and len(node.input) == 3 and all(
                name in initializers or name in constants for name in node.input[1:]):
            nodes.append(helper.make_node("Max", [node.input[0], node.input[1]], [node.output[0] + "_max"]))
            nodes.append(helper.make_node("Min", [node.input[2], node.output[0] + "_max"], list(node.output)))
            changed = True
        elif node.op_type == "HardSwish":
            x, stem = node.input[0], node.output[0]
            nodes += [
                helper.make_node("Add", [x, "mm_3"], [stem + "_a"]),
                helper.make_node("Clip", [stem + "_a", "mm_0", "mm_6"], [stem + "_b"]),
                helper.make_node("Mul", [x, stem + "_b"], [stem + "_c"]),
                helper.make_node("Div", [stem + "_c", "mm_6"], list(node.output)),
            ]
            changed = True
        else:
            nodes.append(node)
    if changed:
        graph.initializer.extend(new)
        rest = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
        del graph.node[:]
        graph.node.extend(rest)
    return changed


def scattered_transposes(model):
    """Every third activation computed on pixels of channels, between two Transposes."""
    graph = model.graph
    nodes, count = [], 0
    for node in graph.node:
        nodes.append(node)
        if node.op_type not in ("Relu", "Clip", "HardSwish") or node.input[0].startswith("classifier"):
            continue
        makers = [other for other in graph.node if node.input[0] in other.output]
        if not makers or makers[0].op_type not in ("Conv", "BatchNormalization"):
            continue
        count += 1
        if count % 3:
            continue
        nodes.pop()
        stem, inputs = node.output[0], list(node.input)
        inner = onnx.NodeProto.FromString(node.SerializeToString())
        inner.input[0], inner.output[0] = stem + "_nhwc", stem + "_done"
        nodes += [
            helper.make_node("Transpose", [inputs[0]], [stem + "_nhwc"], perm=[0, 2, 3, 1]),
            inner,
            helper.make_node("Transpose", [stem + "_done"], [stem], perm=[0, 3, 1, 2]),
        ]
    rest = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(rest)
    return count >= 3


def reversed_nodes(model):
    """Every node before those that it reads."""
    rest = [onnx.NodeProto.FromString(node.SerializeToString()) for node in reversed(model.graph.node)]
    del model.graph.node[:]
    model.graph.node.extend(rest)
    return True


def probabilities_and_best(model):
    """Softmax and the first class behind the classifier."""
    graph = model.graph
    result = graph.output[0].name
    if any(node.op_type == "Softmax" for node in graph.node):
        return False
    graph.node.extend([
        helper.make_node("Softmax", [result], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["best"], axis=1, keepdims=0),
    ])
    graph.output[0].name = "best"
    graph.output[0].type.CopyFrom(helper.make_tensor_type_proto(onnx.TensorProto.INT64, None))
    return True


REWRITES = {
    "reversed nodes": reversed_nodes,
    "probabilities and best": probabilities_and_best,
    "constant nodes": constants_as_nodes,
    "float16 weights": halves,
    "computed shape": computed_shape,
    "minimum and maximum": minimum_of_maximum,
    "transposed activations": scattered_transposes,
}
