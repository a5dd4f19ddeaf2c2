"""Makes the model files that the peers run, once, in a work folder.

Every peer gets the same network: the ONNX file that tl is given. LiteRT reads only its own format,
so it gets MobileNetV2 of the same width and input size from Keras, with random weights: its speed
does not depend on their values.
"""

import pathlib

import numpy as np

CALIBRATION_IMAGES = 32


def input_shape(onnx_path):
    import onnx

    model = onnx.load(str(onnx_path))
    weights = {initializer.name for initializer in model.graph.initializer}
    tensor = next(value for value in model.graph.input if value.name not in weights)
    dims = [dim.dim_value or 1 for dim in tensor.type.tensor_type.shape.dim]
    return tensor.name, tuple(dims)


def sample_input(shape, seed=0):
    """An image as the network sees one: smooth, in [-1, 1]."""
    generator = np.random.default_rng(seed)
    _, channels, height, width = shape
    coarse = generator.uniform(-1, 1, (channels, height // 16, width // 16))
    return np.kron(coarse, np.ones((16, 16)))[None].astype(np.float32)


def quantized_onnx(onnx_path, work):
    """The QDQ form that ONNX Runtime and OpenVINO run in int8, per-channel weights."""
    target = pathlib.Path(work) / (pathlib.Path(onnx_path).stem + ".qdq.onnx")
    if target.exists():
        return target
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    name, shape = input_shape(onnx_path)

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.images = iter({name: sample_input(shape, seed)} for seed in range(CALIBRATION_IMAGES))

        def get_next(self):
            return next(self.images, None)

    quantize_static(
        str(onnx_path), str(target), Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    return target


def litert_model(onnx_path, work, int8):
    target = pathlib.Path(work) / f"mobilenet_v2_{'int8' if int8 else 'fp32'}.tflite"
    if target.exists():
        return target
    import tensorflow as tf

    _, shape = input_shape(onnx_path)
    height, width = shape[2], shape[3]
    network = tf.keras.applications.MobileNetV2(input_shape=(height, width, 3), weights=None)
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    if int8:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            [sample_input(shape, seed).transpose(0, 2, 3, 1)] for seed in range(CALIBRATION_IMAGES))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    target.write_bytes(converter.convert())
    return target
