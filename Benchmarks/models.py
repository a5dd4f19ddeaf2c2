"""Makes the model files that the peers run, once, in a work folder.

Every peer gets the same network: the ONNX file that tl is given. LiteRT reads only its own format,
so it gets the network of the same name, width and input size from Keras, with random weights: its speed
does not depend on their values.
"""

import pathlib

import numpy as np

import forms

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


def quantized(onnx_path, work, form):
    return nncf_model(onnx_path, work, form) if form in forms.NNCF else quantized_onnx(onnx_path, work, form)


def quantized_onnx(onnx_path, work, form=forms.DEFAULT):
    """A form that ONNX Runtime's own tools make; OpenVINO reads the QDQ forms too."""
    target = pathlib.Path(work) / f"{pathlib.Path(onnx_path).stem}.{form}.onnx"
    if target.exists():
        return target
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    name, shape = input_shape(onnx_path)

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.images = iter({name: sample_input(shape, seed)} for seed in range(CALIBRATION_IMAGES))

        def get_next(self):
            return next(self.images, None)

    # What it is to be quantized from: shapes inferred, batch normalization folded.
    prepared = target.with_suffix(".prepared.onnx")
    quant_pre_process(str(onnx_path), str(prepared), skip_symbolic_shape=True)
    style, activations, weights, is_reduced = forms.ONNX[form]
    quantize_static(
        str(prepared), str(target), Reader(), quant_format=QuantFormat[style], per_channel=True,
        reduce_range=is_reduced, activation_type=QuantType[activations], weight_type=QuantType[weights])
    prepared.unlink()
    return target


def nncf_model(onnx_path, work, form):
    target = pathlib.Path(work) / f"{pathlib.Path(onnx_path).stem}.{form}.xml"
    if target.exists():
        return target
    import nncf
    import openvino

    _, shape = input_shape(onnx_path)
    model = openvino.Core().read_model(str(onnx_path))
    model.reshape(list(shape))
    images = nncf.Dataset([sample_input(shape, seed) for seed in range(CALIBRATION_IMAGES)])
    made = nncf.quantize(
        model, images, preset=nncf.QuantizationPreset[forms.NNCF[form]], subset_size=CALIBRATION_IMAGES,
        target_device=nncf.TargetDevice.CPU)
    openvino.save_model(made, str(target))
    return target


def litert_model(onnx_path, work, keras, int8):
    target = pathlib.Path(work) / f"{keras}_{'int8' if int8 else 'fp32'}.tflite"
    if target.exists():
        return target
    import tensorflow as tf

    _, shape = input_shape(onnx_path)
    height, width = shape[2], shape[3]
    scaling = {"include_preprocessing": False} if keras.startswith("mobilenet_v3") else {}
    network = getattr(tf.keras.applications, forms.KERAS[keras])(
        input_shape=(height, width, 3), weights=None, **scaling)
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
