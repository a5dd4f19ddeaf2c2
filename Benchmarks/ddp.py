"""Synchronous steps of a linear head by PyTorch DistributedDataParallel with gloo over loopback.

The same step as `tl-bench steps`: 2 processes, half a batch each, the features given, AdamW. Prints
the steps per second as JSON.
"""

import argparse
import json
import os
import socket
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.nn.parallel import DistributedDataParallel

import held


def train(rank, args, port, results):
    held.check()
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), GLOO_SOCKET_IFNAME="lo")
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=rank, world_size=args.workers)
    torch.manual_seed(0)
    head = DistributedDataParallel(torch.nn.Linear(args.features, args.classes))
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-3, fused=True)
    loss = torch.nn.CrossEntropyLoss()
    share = args.batch_size // args.workers
    features = torch.rand(64, share, args.features)
    labels = torch.randint(args.classes, (64, share))
    done = 0

    def take_steps(count):
        nonlocal done
        for _ in range(count):
            optimizer.zero_grad()
            loss(head(features[done % 64]), labels[done % 64]).backward()
            optimizer.step()
            done += 1

    take_steps(100)
    # Everyone stops at the same step: each hundred steps the first process says whether to.
    warm, start, over = done, time.perf_counter(), torch.zeros(1)
    while not over.item():
        take_steps(100)
        over[0] = float(rank == 0 and time.perf_counter() - start > args.seconds)
        dist.broadcast(over, 0)
    steps = done - warm
    if rank == 0:
        results.put(steps / (time.perf_counter() - start))
    dist.barrier()
    dist.destroy_process_group()
    # The interpreter's own end now and then aborts over a thread of the library that still runs.
    os._exit(0)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--features", type=int, default=1280)
    parser.add_argument("--classes", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    args = parser.parse_args()
    results = mp.get_context("spawn").SimpleQueue()
    mp.spawn(train, (args, free_port(), results), nprocs=args.workers)
    print(json.dumps({"engine": "torch-ddp-gloo", "steps_per_second": results.get()}))


if __name__ == "__main__":
    main()
