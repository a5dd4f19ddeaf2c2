"""Draws the training images into shards: `python generate.py --out DIR --images 120000`.

A shard is finished when both of its files exist; running the command again draws only what lacks.
"""

import argparse
import multiprocessing
import os
import sys
import time

import numpy as np

import scenes

SHARD = 4000


def draw(task):
    out, seed, shard, side = task
    images = np.empty((SHARD, side, side, 3), np.uint8)
    labels = np.empty((SHARD, 5), np.int16)
    for k in range(SHARD):
        images[k], labels[k] = scenes.image(seed, shard * SHARD + k, side)
    for name, value in (("images", images), ("labels", labels)):
        path = os.path.join(out, f"{name}-{shard:03d}.npy")
        with open(path + ".tmp", "wb") as f:
            np.save(f, value)
        os.replace(path + ".tmp", path)
    return shard


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", required=True)
    p.add_argument("--images", type=int, default=120_000)
    p.add_argument("--side", type=int, default=112)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--processes", type=int, default=os.cpu_count())
    a = p.parse_args()
    os.makedirs(a.out, exist_ok=True)
    tasks = [
        (a.out, a.seed, k, a.side)
        for k in range(-(-a.images // SHARD))
        if not os.path.exists(os.path.join(a.out, f"labels-{k:03d}.npy"))
    ]
    start = time.time()
    with multiprocessing.get_context("spawn").Pool(a.processes) as pool:
        for done, shard in enumerate(pool.imap_unordered(draw, tasks), 1):
            print(f"shard {shard} drawn, {done}/{len(tasks)}, {time.time() - start:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
