"""Folders as people have them, made as real folders and trained on by the real commands.

    Tests/Folders/kinds.py [--bin FOLDER] [--only TEXT] [--table] [--keep FOLDER]

Needs Pillow and numpy. Says for each kind whether `tl-coord start` did what docs/DATA.md promises, and
exits 1 if one didn't. With --table it prints what was said, as a table for people; an earlier build's
commands (--bin) then tell what it was before.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import files  # noqa: F401
import folders  # noqa: F401: each adds its kinds
import lists  # noqa: F401
from registry import KINDS

class Outcome:
    def __init__(self, code, text):
        self.code = code
        self.text = text
        self.lines = [line for line in text.splitlines() if line.strip()]

    def line_with(self, word):
        return next((line for line in self.lines if word in line), "")

    def sentence(self):
        """What people would remember of it."""
        error = next((at for at, line in enumerate(self.lines) if "error:" in line), None)
        if error is not None:
            return " ".join(self.lines[error:error + 2]).split("error: ", 1)[1]
        said = [self.line_with("to train on").split(";")[0]]
        said += [line.split("warning: ", 1)[1] for line in self.lines if line.startswith("warning: ")]
        said += [line for line in self.lines if "passed over" in line or "already split" in line
                 or "only folder" in line]
        if self.code != 0:
            said.append(f"exit {self.code}")
        return "; ".join(text for text in said if text)


def command(options, data, run, arguments):
    words = [
        str(options.bin / "tl-coord"), "start", "--data", str(data), "--run", run,
        "--runs", str(data.parent / "runs"), "--epochs", "1", "--batch-size", "8",
        "--listen", "127.0.0.1:0", "--local-workers", "1", "--worker-threads", "1",
        "--progress", "plain",
    ]
    # Of root every file can be read.
    if os.geteuid() == 0 and shutil.which("setpriv"):
        words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + words
    return words + arguments


def start(options, data, run, arguments):
    environment = dict(os.environ, XDG_CACHE_HOME=str(options.work / "cache"), HOME=str(options.work))
    done = subprocess.run(
        command(options, data, run, arguments), capture_output=True, env=environment, timeout=300)
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    return Outcome(done.returncode, text)


def judge(kind, outcome):
    """What isn't as promised."""
    wrong = []
    if outcome.code != kind.code:
        wrong.append(f"exit {outcome.code} instead of {kind.code}")
    wrong += [f"no '{word}'" for word in kind.says if word not in outcome.text]
    wrong += [f"'{word}'" for word in kind.never if word in outcome.text]
    if any(ord(letter) < 32 and letter not in "\n\r\t" for letter in outcome.text):
        wrong.append("control characters on the terminal")
    return wrong


def run(options, kind, number):
    root = options.work / f"{number:02d}"
    data = root / "data"
    data.mkdir(parents=True)
    arguments = [text.replace("ROOT", str(root)) for text in kind.build(data) or []]
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "65534:65534", str(root)], check=True)
    outcome = start(options, data, "run", arguments)
    if kind.again:
        kind.again(data)
        outcome = start(options, data, "run", arguments + ["--resume"])
    return outcome


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path(".build/release"))
    parser.add_argument("--only", default="")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    options.bin = options.bin.absolute()
    options.work = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="tl-kinds-"))
    options.work.mkdir(exist_ok=True)
    os.chmod(options.work, 0o777)
    failures = 0
    tried = 0
    for number, kind in enumerate(KINDS):
        if options.only not in kind.name:
            continue
        tried += 1
        outcome = run(options, kind, number)
        wrong = judge(kind, outcome)
        failures += bool(wrong)
        if options.table:
            print(f"| {kind.name} | {outcome.sentence().replace(str(options.work), '')} |", flush=True)
        else:
            print(f"{'WRONG' if wrong else 'right'}  {kind.name}", flush=True)
            if wrong:
                print("       " + "; ".join(wrong))
                print("".join(f"       | {line}\n" for line in outcome.lines[-12:]), end="")
    if not options.keep:
        subprocess.run(["chmod", "-R", "u+rwX", str(options.work)], check=False)
        shutil.rmtree(options.work, ignore_errors=True)
    print(f"{tried - failures} of {tried} kinds are as docs/DATA.md says", file=sys.stderr)
    sys.exit(1 if failures else 0)


main()
