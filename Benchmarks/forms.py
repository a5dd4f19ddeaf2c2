"""The forms of a quantized network that peers are tried with, all with weights per channel."""

# What ONNX Runtime's tools make: style, activations, weights, and whether weights have 7 bits, so that the
# products of AVX2 can't saturate. "QDQ" has pairs of nodes that quantize and dequantize around those of
# float32, "QOperator" has nodes of int8.
ONNX = {
    "qdq-u8s8": ("QDQ", "QUInt8", "QInt8", False),
    "qdq-u8s8-reduced": ("QDQ", "QUInt8", "QInt8", True),
    "qdq-u8u8": ("QDQ", "QUInt8", "QUInt8", False),
    "qdq-s8s8": ("QDQ", "QInt8", "QInt8", False),
    "operators-u8s8": ("QOperator", "QUInt8", "QInt8", False),
    "operators-u8s8-reduced": ("QOperator", "QUInt8", "QInt8", True),
    "operators-s8s8": ("QOperator", "QInt8", "QInt8", False),
}
# What NNCF, OpenVINO's own way to quantize, calls its presets: "mixed" has activations with a zero point,
# "performance" none where a network allows it.
NNCF = {"nncf-mixed": "MIXED", "nncf-performance": "PERFORMANCE"}

DEFAULT = "qdq-u8s8"
OF_ENGINE = {
    "openvino-int8": ["qdq-u8s8", "qdq-u8s8-reduced", "qdq-s8s8", *NNCF],
    "onnxruntime-int8": list(ONNX),
}
# LiteRT's networks: the names of Keras by those of the files made of them.
KERAS = {"mobilenet_v2": "MobileNetV2", "mobilenet_v3_large": "MobileNetV3Large"}
