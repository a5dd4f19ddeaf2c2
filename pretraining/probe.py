"""Accuracy of a linear head on frozen features: `python probe.py WEIGHTS.pt --photographs DIR`.

The head is trained as `tl` trains it by default: Adam at 1e-3, batches of 32. Photographs are a
folder with a subfolder a class; they measure a backbone and never train one.
"""

import argparse
import os

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

import scenes
from model import Backbone


def photographs(folder, side):
    """Centre crops uint8 [count, side, side, 3] and class numbers; the short side becomes 8/7 of `side`."""
    images, labels = [], []
    for label, name in enumerate(sorted(d for d in os.listdir(folder) if os.path.isdir(os.path.join(folder, d)))):
        for file in sorted(os.listdir(os.path.join(folder, name))):
            image = Image.open(os.path.join(folder, name, file)).convert("RGB")
            short = int(side * 8 / 7 + 0.5)
            scale = short / min(image.size)
            size = [max(short, int(v * scale + 0.5)) for v in image.size]
            image = image.resize(size, Image.Resampling.BILINEAR)
            x, y = (size[0] - side) // 2, (size[1] - side) // 2
            images.append(np.asarray(image.crop((x, y, x + side, y + side))))
            labels.append(label)
    return np.stack(images), np.array(labels)


@torch.no_grad()
def features(backbone, images):
    backbone.eval()
    parts = []
    for part in np.array_split(images, -(-len(images) // 128)):
        x = torch.from_numpy(part).permute(0, 3, 1, 2).float() / 127.5 - 1
        parts.append(backbone(x.contiguous(memory_format=torch.channels_last)))
    return torch.cat(parts)


def split(labels, seed, fraction=0.3):
    """Indices for training and for validation, class by class."""
    g = np.random.default_rng(seed)
    train, held = [], []
    for c in np.unique(labels):
        order = g.permutation(np.flatnonzero(labels == c))
        k = round(fraction * len(order))
        held += list(order[:k])
        train += list(order[k:])
    return np.array(train), np.array(held)


def accuracy(x, labels, seed=0, epochs=12, batch=32, rate=1e-3):
    """Validation accuracy after the last epoch."""
    train, held = split(labels, seed)
    y = torch.from_numpy(labels)
    g = torch.Generator().manual_seed(seed)
    head = torch.nn.Linear(x.shape[1], int(y.max()) + 1)
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    optimizer = torch.optim.Adam(head.parameters(), rate)
    train = torch.from_numpy(train)
    for _ in range(epochs):
        for part in train[torch.randperm(len(train), generator=g)].split(batch):
            loss = F.cross_entropy(head(x[part]), y[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        return float((head(x[held]).argmax(1) == y[held]).float().mean())


def untrained(side=96, images=512):
    """Random weights, with the statistics of normalization taken over generated images, so that nothing vanishes."""
    torch.manual_seed(0)
    backbone = Backbone()
    for m in backbone.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.momentum = None
    backbone.train()
    for start in range(0, images, 64):
        drawn = np.stack([scenes.image(9, start + k, side)[0] for k in range(64)])
        with torch.no_grad():
            backbone(torch.from_numpy(drawn).permute(0, 3, 1, 2).float() / 127.5 - 1)
    return backbone


def load(path):
    if path == "random":
        return untrained()
    backbone = Backbone()
    state = torch.load(path, map_location="cpu", weights_only=True)
    backbone.load_state_dict(state["average"] if "average" in state else state)
    return backbone


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("weights", help="a checkpoint of train.py, or `random`")
    p.add_argument("--photographs", required=True)
    p.add_argument("--side", type=int, nargs="+", default=[96, 128])
    p.add_argument("--epochs", type=int, nargs="+", default=[12])
    p.add_argument("--splits", type=int, default=6)
    a = p.parse_args()
    torch.manual_seed(0)
    backbone = load(a.weights).to(memory_format=torch.channels_last)
    for side in a.side:
        images, labels = photographs(a.photographs, side)
        x = features(backbone, images)
        print(f"side {side}: features mean {x.mean():.3f}, deviation {x.std(0).mean():.3f}, zero {(x == 0).float().mean():.3f}")
        for epochs in a.epochs:
            r = [accuracy(x, labels, seed, epochs) for seed in range(a.splits)]
            print(f"  {epochs} epochs: {100 * np.mean(r):.1f} % ({100 * min(r):.1f} to {100 * max(r):.1f})", flush=True)


if __name__ == "__main__":
    main()
