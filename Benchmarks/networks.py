"""Writes one of timm's networks, with random weights, as an ONNX file that every engine reads.

Its speed doesn't depend on their values, as long as these stay in the range of a trained network's:
so the batch normalizations are fitted to what flows through them.
"""

import argparse
import pathlib

import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:
    # A torchvision built for another PyTorch (for GPUs, say, beside one for CPUs) can't load its compiled
    # operators. timm uses none of them; it is enough that those that its import looks for are declared.
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor boxes, Tensor scores, float iou_threshold) -> Tensor")
import timm

SIZE = 224


def network(name):
    torch.manual_seed(0)
    model = timm.create_model(name, pretrained=False)
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    model.eval()
    for norm in norms:
        norm.momentum = None
        norm.train()
    with torch.no_grad():
        model(torch.nn.functional.interpolate(torch.rand(4, 3, SIZE // 16, SIZE // 16) * 2 - 1, size=SIZE))
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="as timm calls it, such as mobilenetv4_conv_small")
    parser.add_argument("file")
    args = parser.parse_args()
    made = pathlib.Path(args.file + ".part")
    torch.onnx.export(
        network(args.name), (torch.randn(1, 3, SIZE, SIZE),), str(made), input_names=["input"],
        output_names=["logits"], opset_version=17, dynamo=False)
    made.rename(args.file)


if __name__ == "__main__":
    main()
