"""A run's exported model, with what tl itself sees in photographs, to hold other runtimes against it."""

import json
import os
import pathlib
import subprocess
import sys

import numpy

import fits

FORMATS = ["onnx", "onnx-exact"]


class Exported:
    """A run in a format, in a folder: `model`, the exported files; `paths` of photographs; and of each photograph
    `pixels` (uint8 [count, height, width, 3]), `probabilities` (float32 [count, classes]) and `likeness` (float64
    [count], or None), as tl has them."""

    def __init__(self, tl_coord, runs, run, form, photographs, folder):
        self.model = folder / "model"
        of_run = ["--runs", runs, "--run", run]
        # What 'export --check' would have Python compare is kept instead.
        keeper = folder / "keep"
        keeper.write_text(f'#!/bin/sh\ncp -r "$4" "{folder}/seen"\n')
        keeper.chmod(0o700)
        done = subprocess.run(
            [tl_coord, "export", *of_run, "--format", form, "--output", self.model, "--check", photographs],
            env={**os.environ, "TL_PYTHON": str(keeper)}, capture_output=True, text=True)
        if not (folder / "seen").is_dir():
            sys.exit(f"{run} can't be exported: {done.stderr.strip()}")
        predicted = subprocess.run(
            [tl_coord, "predict", *of_run, "--json", "--none-of-these", photographs],
            check=True, capture_output=True, text=True)
        self.paths = [entry["file"] for entry in json.loads(predicted.stdout)]
        count = len(self.paths)
        self.probabilities = numpy.fromfile(folder / "seen/probabilities", "<f4").reshape(count, -1)
        likeness = numpy.fromfile(folder / "seen/likeness", "<f8")
        self.likeness = likeness if likeness.size else None
        width, height = self.size()
        self.pixels = numpy.fromfile(folder / "seen/pixels", numpy.uint8).reshape(count, height, width, 3)

    def facts(self):
        """What the card's table says, by name."""
        rows = [line.split(" | ") for line in (self.model / "README.md").read_text().splitlines()]
        return {row[0].strip("| "): row[1].strip("| ") for row in rows if len(row) == 2}

    def size(self):
        """Of pictures, in pixels: width and height."""
        script = (self.model / "predict.py").read_text().splitlines()
        line = next(line for line in script if line.startswith("WIDTH, HEIGHT = "))
        return [int(number) for number in line.split(" = ")[1].split(",")]

    def compared(self, probabilities, likeness):
        """How another's answers to the same photographs, in the same order, differ, as cells of a table: the
        photographs with the same class, the greatest difference of a probability and the mean one, and the
        photographs with the same answer to 'none of these?'."""
        probabilities = numpy.asarray(probabilities)
        expected = self.probabilities[:len(probabilities)]
        difference = numpy.abs(probabilities - expected)
        same = (probabilities.argmax(1) == expected.argmax(1)).sum()
        cells = [f"{same} of {len(expected)}", f"{difference.max():.6f}", f"{difference.mean():.6f}"]
        if self.likeness is None:
            return cells + [""]
        facts = self.facts()
        least = float(facts.get("likeness_min") or facts["likeness min"])
        verdicts = (numpy.asarray(likeness) < least) == (self.likeness[:len(likeness)] < least)
        return cells + [str(verdicts.sum())]


processor = fits.processor
