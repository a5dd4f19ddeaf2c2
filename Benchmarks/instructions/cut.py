"""Cuts a LiteRT model of MobileNetV2 into its layers, and into all of them up to the features."""

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

# As in layers.c.
WIDE_COLUMNS = 20


def operators(source):
    """The operators up to the features, as (kind, multiply-adds)."""
    model = _model(source)
    graph = model.subgraphs[0]
    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if name[0] != "_"}
    shape = lambda tensor: [int(extent) for extent in graph.tensors[tensor].shape]
    found = []
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        name = names[max(code.builtinCode, code.deprecatedBuiltinCode)]
        x, y = shape(operator.inputs[0]), shape(operator.outputs[0])
        if name == "CONV_2D":
            _, height, width, inputs = shape(operator.inputs[1])
            is_clipped = operator.builtinOptions.fusedActivationFunction != 0
            kind = "input" if width > 1 else "project" if not is_clipped else "expand"
            count = y[1] * y[2] * y[3] * height * width * inputs
        elif name == "DEPTHWISE_CONV_2D":
            kind = "depthwise"
            count = y[1] * y[2] * y[3] * 9
        elif name == "ADD":
            kind, count = "project", 0
        elif name == "MEAN":
            return found + [("pool", 0)]
        else:
            raise SystemExit(f"{source}: an operator {name} before the features, which no MobileNetV2 has")
        # The first depthwise convolution reads no expansion.
        if (kind == "expand" or kind == "depthwise" and len(found) > 1) and x[2] >= WIDE_COLUMNS:
            kind = "wide"
        found.append((kind, count))
    raise SystemExit(f"{source}: no mean over the pixels, with which MobileNetV2's features end")


def cut(source, first, last, target):
    """Writes the operators from `first` to `last` as a model of its own."""
    model = _model(source)
    graph = model.subgraphs[0]
    kept = graph.operators[first : last + 1]
    made = {tensor for operator in kept for tensor in operator.outputs}
    read = [tensor for operator in kept for tensor in operator.inputs if tensor >= 0]
    is_constant = lambda tensor: model.buffers[graph.tensors[tensor].buffer].data is not None
    graph.operators = kept
    graph.inputs = list(dict.fromkeys(t for t in read if t not in made and not is_constant(t)))
    graph.outputs = list(kept[-1].outputs)
    needed = {graph.tensors[tensor].buffer for tensor in read}
    for index, buffer in enumerate(model.buffers):
        if index not in needed:
            buffer.data = None
    model.signatureDefs = model.metadata = []
    model.metadataBuffer = None
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    target.write_bytes(bytes(builder.Output()))


def _model(source):
    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(source.read_bytes(), 0))
