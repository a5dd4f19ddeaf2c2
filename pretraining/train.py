"""Trains the backbone on generated images: `python train.py --data DIR --out DIR`.

Every label that the generator knows is learnt at once, each by a linear head on the same features:
background, surface, shape, layout, number of shapes, and the histogram of the colours, which keeps
colour in the features. Running the command again continues from the last checkpoint, and every
random draw depends on (seed, step) alone, so that an interrupted training ends like an unbroken one.
"""

import argparse
import copy
import glob
import json
import os
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import fields
import measures
import scenes
import shapes
from model import FEATURES, Backbone

HEADS = {  # name: outputs, weight in the loss
    "layout": (len(scenes.LAYOUTS), 0.5),
    "back": (scenes.TEXTURE_COUNT + scenes.SCENES, 1.0),
    "surface": (scenes.TEXTURE_COUNT, 1.0),
    "shape": (scenes.SHAPE_COUNT, 1.0),
    "count": (4, 0.5),
    "colour": (2 * measures.COLOURS, 1.0),
    "edges": (measures.EDGES, 1.0),
    "surface_family": (len(fields.FAMILIES), 1.0),
    "back_family": (len(fields.FAMILIES) + 1, 1.0),
    "shape_family": (len(shapes.FAMILIES), 1.0),
}
TEXTURE_FAMILY = [fields.FAMILY_NUMBER[f] for f, _ in fields.CLASSES] + [len(fields.FAMILIES)] * scenes.SCENES
SHAPE_FAMILY = [shapes.FAMILY_NUMBER[f] for f, _ in shapes.CLASSES]
COUNT_BUCKET = np.array([0, 1] + [2] * 5 + [3] * 40)


class Shards:
    """All shards in a folder as one array of images, read through the page cache."""

    def __init__(self, folder, limit=None):
        paths = sorted(glob.glob(os.path.join(folder, "images-*.npy")))[:limit]
        self.images = [np.load(p, mmap_mode="r") for p in paths]
        self.labels = np.concatenate([np.load(p.replace("images-", "labels-")) for p in paths])
        self.shard = len(self.images[0])

    def batch(self, chosen):
        images = np.stack([self.images[k // self.shard][k % self.shard] for k in chosen])
        labels = self.labels[chosen].astype(np.int64)
        labels[:, 4] = COUNT_BUCKET[labels[:, 4]]
        return torch.from_numpy(images), torch.from_numpy(labels)


def augmented(images, side, g, smallest):
    """Random crops, turns, mirrorings and colours: float [batch, 3, side, side] in [0, 1]."""
    n = len(images)

    def uniform(low, high):
        return low + (high - low) * torch.rand(n, generator=g)

    area, aspect = uniform(smallest, 1.0), torch.exp(uniform(-0.25, 0.25))
    sx, sy = (area.sqrt() * aspect).clamp(max=1), (area.sqrt() / aspect).clamp(max=1)
    cx, cy = uniform(-1, 1) * (1 - sx), uniform(-1, 1) * (1 - sy)
    angle = uniform(-0.3, 0.3) * (torch.rand(n, generator=g) < 0.5)
    flip = torch.where(torch.rand(n, generator=g) < 0.5, -1.0, 1.0)
    cos, sin = angle.cos(), angle.sin()
    theta = torch.stack([torch.stack([cos * sx * flip, -sin * sy, cx], 1), torch.stack([sin * sx * flip, cos * sy, cy], 1)], 1)
    grid = F.affine_grid(theta, (n, 3, side, side), align_corners=False)
    x = images.permute(0, 3, 1, 2).float() / 255
    x = F.grid_sample(x.contiguous(), grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    grey = torch.tensor([0.299, 0.587, 0.114]).expand(3, 3)
    saturation, mixing = uniform(0.5, 1.4), torch.randn(n, 3, 3, generator=g) * 0.06
    matrix = (1 - saturation)[:, None, None] * grey + saturation[:, None, None] * torch.eye(3) + mixing
    contrast, brightness = uniform(0.65, 1.35), uniform(-0.15, 0.15)
    matrix = matrix * contrast[:, None, None]
    offset = 0.5 - 0.5 * matrix.sum(2) + brightness[:, None]
    x = torch.baddbmm(offset[:, :, None], matrix, x.flatten(2)).clamp(0, 1)
    # As a camera would expose it. Without this a few nearly black images have activations so unlike
    # the others' that batch normalization spends its whole range on them.
    mean, deviation = x.mean((1, 2), keepdim=True), x.flatten(1).std(1)[:, None, None]
    gain = (uniform(0.15, 0.27)[:, None, None] / (deviation + 1e-3)).clamp(0.7, 6.0)
    x = (x - mean) * gain + mean.clamp(0.25, 0.7)
    return x.clamp(0, 1).view(n, 3, side, side)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = Backbone()
        self.standard = nn.BatchNorm1d(FEATURES, affine=False)
        self.head = nn.Linear(FEATURES, sum(outputs for outputs, _ in HEADS.values()))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x):
        return self.head(self.standard(self.backbone(x)) * 0.08)


def losses(outputs, labels, x):
    parts = dict(zip(HEADS, outputs.split([n for n, _ in HEADS.values()], 1)))
    layout, back, surface, shape, count = labels.unbind(1)
    texture_family, shape_family = torch.tensor(TEXTURE_FAMILY), torch.tensor(SHAPE_FAMILY)

    def known(y, table):
        return torch.where(y < 0, -100, table[y.clamp(min=0)])

    targets = {
        "layout": layout, "back": back, "surface": surface, "shape": shape, "count": count,
        "surface_family": known(surface, texture_family),
        "back_family": texture_family[back],
        "shape_family": known(shape, shape_family),
    }  # fmt: skip
    guess = parts["colour"].view(-1, 2, measures.COLOURS).transpose(1, 2)
    result = {
        "colour": F.cross_entropy(guess, measures.colours(x).transpose(1, 2)),
        "edges": F.mse_loss(parts["edges"], measures.edges(x)),
    }
    for name, y in targets.items():
        y = torch.where(y < 0, -100, y)
        result[name] = F.cross_entropy(parts[name], y, reduction="sum") / (y >= 0).sum().clamp(min=1)
    return result


def sides(text):
    """`64:0.4,96:0.6` as [(64, 0.4), (96, 1.0)]: a side and the part of the training where it ends."""
    result, end = [], 0.0
    for item in text.split(","):
        side, part = item.split(":")
        end += float(part)
        result.append((int(side), end))
    return result


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument("--data", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--steps", type=int, default=14_000, help="what the rate and the sides are planned for")
    p.add_argument("--stop", type=int, default=10_810, help="the step to end at")
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--rate", type=float, default=0.1)
    p.add_argument("--optimizer", choices=["sgd", "adamw"], default="sgd")
    p.add_argument("--decay", type=float, default=1e-4)
    p.add_argument("--warm", type=int, default=200, help="steps in which the rate rises")
    p.add_argument("--cooling", type=float, default=0.285714, help="the last part of the steps, in which the rate falls to 0")
    p.add_argument("--smallest", type=float, default=0.3, help="the smallest crop, as part of the area")
    p.add_argument("--sides", default="64:0.68571428,80:0.16428572,96:0.15")
    p.add_argument("--shards", type=int, help="use only this many")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--without", nargs="*", default=[], help="heads to leave out, for comparisons")
    p.add_argument("--checkpoint-seconds", type=float, default=120)
    a = p.parse_args()
    for name in a.without:
        HEADS[name] = (HEADS[name][0], 0.0)
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    os.makedirs(a.out, exist_ok=True)
    data, plan = Shards(a.data, a.shards), sides(a.sides)
    network = Network().to(memory_format=torch.channels_last)
    average = copy.deepcopy(network.backbone)
    matrices = [v for v in network.parameters() if v.ndim > 1]
    vectors = [v for v in network.parameters() if v.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": a.decay}, {"params": vectors, "weight_decay": 0.0}]
    if a.optimizer == "sgd":
        optimizer = torch.optim.SGD(groups, a.rate, momentum=0.9, nesterov=True)
    else:
        optimizer = torch.optim.AdamW(groups, a.rate)
    step, path = 0, os.path.join(a.out, "last.pt")
    if os.path.exists(path):
        state = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    log = open(os.path.join(a.out, "log.jsonl"), "a", buffering=1)
    totals, since, saved, first = {}, time.time(), time.time(), step

    def save():
        state = {"network": network.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
        torch.save(state, path + ".tmp")
        os.replace(path + ".tmp", path)

    network.train()
    per_epoch = len(data.labels) // a.batch
    end = min(a.steps, a.stop)
    while step < end:
        epoch, place = divmod(step, per_epoch)
        order = np.random.default_rng([a.seed, 31, epoch]).permutation(len(data.labels))
        images, labels = data.batch(order[place * a.batch : (place + 1) * a.batch])
        g = torch.Generator().manual_seed(a.seed * 1_000_003 + step)
        side = next((s for s, until in plan if step < until * a.steps), plan[-1][0])
        x = augmented(images, side, g, a.smallest)
        rate = a.rate * min(1, (step + 1) / a.warm, (1 - step / a.steps) / a.cooling)
        for group in optimizer.param_groups:
            group["lr"] = rate
        outputs = network((x * 2 - 1).contiguous(memory_format=torch.channels_last))
        parts = losses(outputs, labels, x)
        loss = sum(parts[name] * weight for name, (_, weight) in HEADS.items())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        step += 1
        keep = min(0.998, step / (step + 20))
        with torch.no_grad():
            for old, new in zip(average.state_dict().values(), network.backbone.state_dict().values()):
                if old.is_floating_point():
                    old.lerp_(new, 1 - keep)
        for name, value in parts.items():
            totals[name] = totals.get(name, 0.0) + float(value.detach())
        if step % 100 == 0 or step == end:
            count = min(100, step - first) or 1
            seconds, since, first = time.time() - since, time.time(), step
            row = {"step": step, "side": side, "images_per_second": round(count * a.batch / seconds), **{k: round(v / count, 3) for k, v in totals.items()}}
            print(json.dumps(row), file=log)
            totals = {}
        if time.time() - saved > a.checkpoint_seconds or step == end:
            save()
            saved = time.time()


if __name__ == "__main__":
    main()
