"""Measures in several processes at once."""

import multiprocessing


def measure_at_once(measure, args, what):
    """What `measure(args, barrier, results)` puts into `results`, of each of `args.processes` processes.

    Each waits at the barrier until all are ready. `what` names what fails where one of them does.
    """
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(args.processes), context.Queue()
    children = [
        context.Process(target=measure, args=(args, barrier, results)) for _ in range(args.processes)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    if any(child.exitcode != 0 for child in children):
        raise SystemExit(f"{what} failed")
    return [results.get() for _ in children]
