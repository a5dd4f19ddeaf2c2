"""PyTorch's exports of the MobileNets, with random weights."""

import inspect

import torch
import torchvision
from torch import nn

# (output channels, stride) of MobileNetV1's blocks, from table 1 of Howard et al., 2017
# (arXiv:1704.04861).
V1_BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + 5 * [(512, 1)] + [(1024, 2), (1024, 1)]


def unit(inputs, outputs, kernel, stride, groups=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6())


class MobileNetV1(nn.Module):
    def __init__(self, width, classes=1000):
        super().__init__()
        channels = int(32 * width)
        layers = [unit(3, channels, 3, 2)]
        for outputs, stride in V1_BLOCKS:
            outputs = int(outputs * width)
            layers += [unit(channels, channels, 3, stride, channels), unit(channels, outputs, 1, 1)]
            channels = outputs
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(0.001)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x):
        x = nn.functional.adaptive_avg_pool2d(self.features(x), 1)
        return self.classifier(self.dropout(torch.flatten(x, 1)))


def mobilenet_v3(architecture, width):
    from torchvision.models.mobilenetv3 import MobileNetV3, _mobilenet_v3_conf

    settings, last = _mobilenet_v3_conf(architecture, width_mult=width)
    return MobileNetV3(settings, last)


ARCHITECTURES = {
    "v1": MobileNetV1,
    "v2": lambda width: torchvision.models.mobilenet_v2(weights=None, width_mult=width),
    "v3-small": lambda width: mobilenet_v3("mobilenet_v3_small", width),
    "v3-large": lambda width: mobilenet_v3("mobilenet_v3_large", width),
}


def timm_model(name):
    import timm

    name, _, form = name.partition("@")
    # Without its classifier, and without its pool.
    forms = {"": {}, "features": dict(num_classes=0), "map": dict(num_classes=0, global_pool="")}
    return timm.create_model(name, pretrained=False, **forms[form])


def network(architecture, width, size, seed):
    """A network in eval mode whose batch normalizations fit the activations that it has."""
    torch.manual_seed(seed)
    if architecture.startswith("timm-"):
        model = timm_model(architecture.removeprefix("timm-"))
    else:
        model = ARCHITECTURES[architecture](width)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for norm in norms:
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.normal_(0, 0.5)
            norm.momentum = None
            norm.train()
        model.eval()
        for norm in norms:
            norm.train()
        coarse = torch.rand(4, 3, -(-size // 16), -(-size // 16)) * 2 - 1
        images = nn.functional.interpolate(coarse, scale_factor=16)[:, :, :size, :size]
        model(images + 0.2 * torch.randn(images.shape))
        for parameter in model.parameters():
            if parameter.dim() == 1 and parameter.abs().max() == 0:
                parameter.normal_(0, 0.1)
    return model.eval()


# How torch.onnx.export is called, by the name of the way.
WAYS = {
    "script": dict(dynamo=False, opset_version=17, dynamic_axes={"input": {0: "n"}}),
    "script-unfolded": dict(
        dynamo=False, opset_version=11, training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False, dynamic_axes={"input": {0: "n"}}),
    "script-inputs": dict(dynamo=False, opset_version=9, keep_initializers_as_inputs=True),
    # The default: weights in a file beside it.
    "dynamo": dict(dynamo=True),
    "dynamo-batch": dict(dynamo=True, external_data=False, dynamic_shapes={}),
    "dynamo-plain": dict(dynamo=True, external_data=False, optimize=False),
    # Height and width are left free.
    "script-free": dict(dynamo=False, opset_version=17, dynamic_axes={"input": {0: "n", 2: "h", 3: "w"}}),
    # Without the classifier, and without the pool too.
    "script-features": dict(dynamo=False, opset_version=17, dynamic_axes={"input": {0: "n"}}),
    "dynamo-map": dict(dynamo=True, external_data=False),
}


def export(path, architecture, width, size, seed, way):
    model = network(architecture, width, size, seed)
    settings = dict(WAYS[way])
    if way.endswith("features"):
        model.classifier = nn.Identity()
    if way.endswith("map"):
        model = model.features
    image = torch.randn(2 if "dynamic_shapes" in settings else 1, 3, size, size)
    if "dynamic_shapes" in settings:
        name = next(iter(inspect.signature(model.forward).parameters))
        settings["dynamic_shapes"] = {name: {0: torch.export.Dim("n")}}
    torch.onnx.export(model, (image,), str(path), input_names=["input"], output_names=["logits"],
                      verbose=False, **settings)
