"""MobileNetV2 1.0 in PyTorch, from table 2 of Sandler et al., 2018 (arXiv:1801.04381)."""

from torch import nn

# (expansion, output channels, repetitions, first stride)
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def convolution(inputs, outputs, kernel=1, stride=1, groups=1, activate=True):
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs)]
    return layers + ([nn.ReLU6()] if activate else [])


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, expansion, stride):
        super().__init__()
        hidden = inputs * expansion
        self.adds = stride == 1 and inputs == outputs
        self.layers = nn.Sequential(
            *(convolution(inputs, hidden) if expansion > 1 else []),
            *convolution(hidden, hidden, 3, stride, groups=hidden),
            *convolution(hidden, outputs, activate=False))

    def forward(self, x):
        return x + self.layers(x) if self.adds else self.layers(x)


class MobileNetV2(nn.Module):
    def __init__(self):
        super().__init__()
        layers, channels = convolution(3, 32, 3, 2), 32
        for expansion, outputs, repetitions, stride in STAGES:
            for index in range(repetitions):
                layers.append(InvertedResidual(channels, outputs, expansion, stride if index == 0 else 1))
                channels = outputs
        self.layers = nn.Sequential(*layers, *convolution(channels, 1280))

    def forward(self, x):
        return self.layers(x).mean((2, 3))
