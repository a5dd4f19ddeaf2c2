"""How well a classifier tells what is of none of its classes, and how far its percentages can be trusted.

For each class of a folder of labelled photographs and each seed, trains on the other classes without a fifth
of their photographs, and asks for that fifth, for the class left out, and for folders of anything else.

usage: python Benchmarks/none_of_these.py PHOTOGRAPHS BACKBONE.onnx [--other FOLDER …] [--seeds 3]
"""

import argparse
import json
import pathlib
import random
import statistics
import subprocess
import tempfile


def answers(tl, places, folder):
    """What `predict` says of all pictures in a folder."""
    said = subprocess.run(
        [tl, "predict", "--none-of-these", "--json-lines", "--top", "1", *places, str(folder)],
        check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in said.splitlines()]


def auroc(inside, outside):
    """The probability that one of the first is larger than one of the second."""
    wins = sum((a > b) + (a == b) / 2 for a in inside for b in outside)
    return wins / (len(inside) * len(outside))


def run(tl, options, classes, left_out, seed, figures):
    numbers = random.Random(f"{seed} {left_out}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for label in classes:
            if label == left_out:
                continue
            files = sorted((options.photographs / label).iterdir())
            numbers.shuffle(files)
            kept = len(files) // 5
            for part, chosen in (("asked", files[:kept]), ("trained", files[kept:])):
                (folder / part / label).mkdir(parents=True)
                for file in chosen:
                    (folder / part / label / file.name).symlink_to(file.resolve())
        places = ["--runs", f"{folder}/runs", "--run", "run"]
        subprocess.run(
            [tl, "start", "--data", folder / "trained", "--backbone", options.backbone, "--seed", str(seed),
             "--progress", "none", *places], check=True, stdout=subprocess.DEVNULL)
        inside = answers(tl, places, folder / "asked")
        measured = json.loads(subprocess.run(
            [tl, "evaluate", "--json", *places, folder / "asked"], check=True, capture_output=True,
            text=True).stdout)["all"]
        figures.setdefault("error, calibrated", []).append(measured["expected_calibration_error"])
        figures.setdefault("error, as trained", []).append(measured["uncalibrated_error"])
        figures.setdefault("log loss, calibrated", []).append(measured["log_loss"])
        figures.setdefault("log loss, as trained", []).append(measured["uncalibrated_log_loss"])
        figures.setdefault("false alarms", []).append(
            statistics.mean(answer["none_of_these"] for answer in inside))
        others = [("the class left out", options.photographs / left_out)]
        others += [(other.name, other) for other in options.other]
        for name, place in others:
            outside = answers(tl, places, place)
            figures.setdefault(f"{name}: told", []).append(
                statistics.mean(answer["none_of_these"] for answer in outside))
            for score, value in (
                ("likeness", lambda answer: answer["likeness"]),
                ("probability", lambda answer: answer["classes"][0]["probability"]),
            ):
                figures.setdefault(f"{name}: AUROC of the {score}", []).append(
                    auroc([value(one) for one in inside], [value(one) for one in outside]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photographs", type=pathlib.Path)
    parser.add_argument("backbone")
    parser.add_argument("--other", type=pathlib.Path, nargs="*", default=[])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--commands", default=".build/release", help="the folder of tl-coord")
    options = parser.parse_args()
    classes = sorted(folder.name for folder in options.photographs.iterdir() if folder.is_dir())
    figures = {}
    for seed in range(1, options.seeds + 1):
        for left_out in classes:
            run(f"{options.commands}/tl-coord", options, classes, left_out, seed, figures)
    for name, values in figures.items():
        print(f"{name}: {statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}")


main()
