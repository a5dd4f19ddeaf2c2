"""MobileNetV2 (Sandler et al. 2018) as the paper describes it, at any width."""

import torch
from torch import nn

# Expansion, channels, blocks, stride of the first block.
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
FEATURES = 1280


def rounded(channels):
    """The nearest multiple of 8, never more than a tenth below."""
    r = max(8, int(channels + 4) // 8 * 8)
    return r + 8 if r < 0.9 * channels else r


def convolution(inputs, outputs, kernel=1, stride=1, groups=1, clip=True):
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, *([nn.ReLU6()] if clip else []))


class Block(nn.Module):
    """Expand, filter each channel, project; with a shortcut where the shapes allow it."""

    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        hidden = inputs * expansion
        layers = [convolution(inputs, hidden)] if expansion > 1 else []
        layers += [convolution(hidden, hidden, 3, stride, hidden), convolution(hidden, outputs, clip=False)]
        self.path, self.shortcut = nn.Sequential(*layers), stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.path(x) if self.shortcut else self.path(x)


class Backbone(nn.Module):
    """Images [batch, 3, side, side] in [-1, 1] to features [batch, 1280] in [0, 6]."""

    def __init__(self, width=0.35):
        super().__init__()
        channels = rounded(32 * width)
        layers = [convolution(3, channels, 3, 2)]
        for expansion, outputs, blocks, stride in STAGES:
            outputs = rounded(outputs * width)
            for k in range(blocks):
                layers.append(Block(channels, outputs, stride if k == 0 else 1, expansion))
                channels = outputs
        self.layers = nn.Sequential(*layers, convolution(channels, FEATURES))
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out")
            if isinstance(m, Block) and m.shortcut:
                nn.init.constant_(m.path[-1][1].weight, 0.2)  # shortcuts dominate at first

    def forward(self, x):
        return self.layers(x).mean((2, 3))
