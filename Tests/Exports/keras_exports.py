"""Keras' exports of the MobileNets through tf2onnx, with random weights."""

import numpy as np
import keras
import tensorflow as tf
import tf2onnx

APPLICATIONS = {
    "v1": lambda shape, width, **settings: keras.applications.MobileNet(shape, alpha=width, **settings),
    "v2": lambda shape, width, **settings: keras.applications.MobileNetV2(shape, alpha=width, **settings),
    "v3-small": lambda shape, width, **settings: keras.applications.MobileNetV3Small(
        shape, alpha=width, **settings),
    "v3-large": lambda shape, width, **settings: keras.applications.MobileNetV3Large(
        shape, alpha=width, **settings),
}


def network(architecture, width, size, seed, **settings):
    """A network whose batch normalizations fit the activations that it has."""
    keras.utils.set_random_seed(seed)
    model = APPLICATIONS[architecture]((size, size, 3), width, weights=None, **settings)
    generator = np.random.default_rng(seed)
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms:
        norm.momentum = 0.0
        channels = norm.gamma.shape[0]
        norm.gamma.assign(generator.uniform(0.5, 1.5, channels))
        norm.beta.assign(generator.normal(0, 0.5, channels))
    for layer in model.layers:
        bias = getattr(layer, "bias", None)
        if bias is not None:
            bias.assign(generator.normal(0, 0.1, bias.shape))
    coarse = generator.uniform(-1, 1, (4, -(-size // 16), -(-size // 16), 3))
    images = np.kron(coarse, np.ones((1, 16, 16, 1)))[:, :size, :size]
    if settings.get("include_preprocessing", False):
        images = 127.5 * (images + 1)
    model(images.astype(np.float32), training=True)
    return model


# (options of the model, options of tf2onnx), by the name of the way.
WAYS = {
    "nhwc": ({}, dict(opset=17)),
    "nchw": ({}, dict(opset=13, inputs_as_nchw=["input"])),
    "logits": (dict(classifier_activation=None), dict(opset=11)),
    "fixed": ({}, dict(opset=15, batch=1)),
    "preprocessing": (dict(include_preprocessing=True), dict(opset=17)),
    "minimalistic": (dict(minimalistic=True), dict(opset=17)),
    "features": (dict(include_top=False, pooling="avg"), dict(opset=17)),
    "map": (dict(include_top=False), dict(opset=17)),
    # Keras' own, which calls tf2onnx too.
    "export": ({}, {}),
}


def export(path, architecture, width, size, seed, way):
    settings, options = WAYS[way]
    settings, options = dict(settings), dict(options)
    if architecture.startswith("v3"):
        settings.setdefault("include_preprocessing", False)
    model = network(architecture, width, size, seed, **settings)
    if way == "export":
        return model.export(str(path), format="onnx", verbose=False)
    batch = options.pop("batch", None)
    signature = [tf.TensorSpec((batch, size, size, 3), tf.float32, name="input")]

    @tf.function(input_signature=signature)
    def infer(input):
        return model(input, training=False)

    tf2onnx.convert.from_function(infer, input_signature=signature, output_path=str(path), **options)
