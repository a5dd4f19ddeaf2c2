"""Plain measurements of an image that the network learns to repeat: they keep colour and edges in its features."""

import torch
from torch.nn import functional as F

HUES, SATURATIONS, VALUES = 8, 3, 3
COLOURS = HUES * SATURATIONS * VALUES
ORIENTATIONS, SCALES = 8, 4
EDGES = 2 * SCALES * (ORIENTATIONS + 1)


def centre(x):
    """The middle half in each direction of [..., height, width]."""
    h, w = x.shape[-2:]
    return x[..., h // 4 : h - h // 4, w // 4 : w - w // 4]


def colours(x):
    """Histograms over hue, saturation and value of the whole image and of its centre, [batch, 2, COLOURS]."""
    x = x[:, :, ::2, ::2]
    high, low = x.amax(1), x.amin(1)
    r, g, b = x.unbind(1)
    d = high - low + 1e-6
    hue = torch.where(high == r, ((g - b) / d) % 6, torch.where(high == g, (b - r) / d + 2, (r - g) / d + 4)) / 6
    saturation = (high - low) / (high + 1e-4)
    cell = (hue * (HUES - 0.001)).long() * SATURATIONS + (saturation * (SATURATIONS - 0.001)).long()
    cell = cell * VALUES + (high * (VALUES - 0.001)).long()

    def shares(c):
        c = c.flatten(1)
        return torch.zeros(len(c), COLOURS).scatter_add_(1, c, torch.ones(c.shape)) / c.shape[1]

    return torch.stack([shares(cell), shares(centre(cell))], 1)


def edges(x):
    """Strengths of the edges by scale and orientation, whole and centre, standardized over the batch, [batch, EDGES]."""
    y = (x * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    parts = []
    for _ in range(SCALES):
        dx, dy = y[:, :, 1:-1, 2:] - y[:, :, 1:-1, :-2], y[:, :, 2:, 1:-1] - y[:, :, :-2, 1:-1]
        strength = torch.sqrt(dx * dx + dy * dy)
        turn = (torch.atan2(dy, dx) / torch.pi * ORIENTATIONS).floor().long() % ORIENTATIONS
        field = torch.zeros(len(x), ORIENTATIONS + 1, *strength.shape[2:]).scatter_(1, turn, strength)
        field[:, ORIENTATIONS:] = strength
        parts += [field.mean((2, 3)), centre(field).mean((2, 3))]
        y = F.avg_pool2d(y, 2)
    v = torch.log(torch.cat(parts, 1) + 0.003)
    return (v - v.mean(0)) / (v.std(0) + 0.05)
