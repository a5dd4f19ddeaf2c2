"""Invokes LiteRT models once each between marks of count.c; runs under emulation.

usage: python invoke.py MODEL.tflite…
"""

import ctypes
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter

MARK = 0x7001
libc = ctypes.CDLL(None)


def main():
    # What two marks cost without anything between them.
    libc.syscall(MARK, 0)
    libc.syscall(MARK, 0)
    for path in sys.argv[1:]:
        interpreter = Interpreter(path, num_threads=1)
        interpreter.allocate_tensors()
        for tensor in interpreter.get_input_details():
            interpreter.set_tensor(tensor["index"], np.zeros(tensor["shape"], tensor["dtype"]))
        # The first time packs weights.
        interpreter.invoke()
        libc.syscall(MARK, 0)
        interpreter.invoke()
        libc.syscall(MARK, 0)


main()
