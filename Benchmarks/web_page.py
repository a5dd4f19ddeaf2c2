"""The web page of an export, predict.html, in a browser without a window, against tl.

    Benchmarks/web_page.py --runtime DIR --data DIR --run RUN [--run RUN …] [--runs DIR] [--format onnx onnx-exact]
        [--browser chromium] [--threads 1 2] [--count N] [--tl-coord PATH]

DIR of --runtime has ort.min.mjs of onnxruntime-web and the files beside it: the folder dist of the package of npm.
Where npm can't be reached, PyPI's wheel open-webui 0.12.4 has them, of onnxruntime-web 1.22.0-dev.20250409: the two
files in open_webui/frontend/wasm, and ort.min.mjs itself as one of the "sourcesContent" of the map of a script in
open_webui/frontend/_app/immutable/chunks.

Twice the page's own functions classify the photographs: from the pixels that tl has, so that only the arithmetic
differs, and from the files, with the browser's decoder and the page's resizing. Prints a table in Markdown with a
row for each, with the median times of a picture: of the model alone, and of decoding and resizing. Several threads
take a page that is isolated from others, which the server here asks for; onnxruntime-web takes half the processors
that the browser tells of, so that it is told of twice as many as threads are wanted.

A browser is what its name begins with: chromium, or firefox.
"""

import argparse
import http.server
import json
import pathlib
import queue
import statistics
import subprocess
import sys
import tempfile
import threading

import exported

HERE = pathlib.Path(__file__).parent
SECONDS_MAX = 3600
RUNTIME = "/node_modules/onnxruntime-web/dist/"
KINDS = {".html": "text/html; charset=utf-8", ".mjs": "text/javascript", ".js": "text/javascript",
         ".wasm": "application/wasm"}
ISOLATION = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}


def command(browser, profile, address):
    """How a browser is started without a window, with nothing of another time."""
    if pathlib.Path(browser).name.startswith("firefox"):
        return [browser, "--headless", "--no-remote", "--profile", profile, address]
    return [browser, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
            f"--user-data-dir={profile}", address]


class Site(http.server.ThreadingHTTPServer):
    """The export's folder, with onnxruntime-web where the page looks for it, what is to be classified, and the
    script that has the page do it."""

    def __init__(self, model, runtime, count, threads):
        super().__init__(("127.0.0.1", 0), Handler)
        self.model, self.runtime, self.count, self.threads = model, runtime, count, threads
        self.answers = queue.Queue()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        site, path = self.server, self.path
        if path == "/predict.html":
            content = (site.model.model / "predict.html").read_text()
            told = f"Object.defineProperty(navigator, 'hardwareConcurrency', {{ value: {2 * site.threads} }});"
            content = content.replace("<head>", f"<head><script>{told}const COUNT = {site.count};</script>", 1)
            content = content.replace("</body>", '<script src="/web_page.js"></script></body>', 1)
            return self.send(content.encode(), ".html")
        if path == "/web_page.js":
            return self.send((HERE / "web_page.js").read_bytes(), ".js")
        if path.startswith("/pixels/"):
            return self.send(site.model.pixels[int(path.split("/")[-1])].tobytes())
        if path.startswith("/photographs/"):
            return self.send(pathlib.Path(site.model.paths[int(path.split("/")[-1])]).read_bytes())
        folder, name = ((site.runtime, path.removeprefix(RUNTIME)) if path.startswith(RUNTIME)
                        else (site.model.model, path[1:]))
        if "/" in name or not (folder / name).is_file():
            return self.send_error(404)
        self.send((folder / name).read_bytes(), pathlib.Path(name).suffix)

    def do_POST(self):
        self.server.answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send(b"")

    def send(self, content, ending=""):
        self.send_response(200)
        self.send_header("Content-Type", KINDS.get(ending, "application/octet-stream"))
        self.send_header("Content-Length", str(len(content)))
        for name, value in ISOLATION.items() if self.server.threads > 1 else ():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def asked(model, arguments, threads):
    """What the page answers, as web_page.js sends it."""
    count = min(arguments.count or len(model.paths), len(model.paths))
    site = Site(model, arguments.runtime, count, threads)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        address = f"http://127.0.0.1:{site.server_port}/predict.html"
        process = subprocess.Popen(
            command(arguments.browser, profile, address), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            answers = site.answers.get(timeout=SECONDS_MAX)
        except queue.Empty:
            sys.exit(f"{arguments.browser} gave no answer for {SECONDS_MAX} seconds")
        finally:
            process.terminate()
            process.wait()
            site.shutdown()
            site.server_close()
    if "error" in answers:
        sys.exit(f"the page says: {answers['error']}")
    return answers


def rows(model, run, form, answers):
    """The lines of the table, of the same pixels and of the same files."""
    def median(values):
        return f"{statistics.median(values):.1f}"

    for name, source in (("pixels", "pixels of tl"), ("files", "files")):
        part = answers[name]
        cells = model.compared(part["probabilities"], part["likeness"])
        times = [median(part["answering"]), median(part["preparing"]) if name == "files" else ""]
        yield " | ".join([f"| {run}, {form}", str(answers["threads"]), source, *cells, *times]) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runtime", required=True, type=pathlib.Path)
    parser.add_argument("--data", required=True, help="a folder of photographs")
    parser.add_argument("--run", action="append", required=True)
    parser.add_argument("--runs", default="runs")
    parser.add_argument("--format", nargs="+", choices=exported.FORMATS, default=["onnx"])
    parser.add_argument("--browser", default="chromium")
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--count", type=int, help="of the first photographs only")
    parser.add_argument("--tl-coord", default=".build/release/tl-coord")
    arguments = parser.parse_args()
    print("| run | threads | from | the same class | greatest difference | mean difference | the same 'none of these' "
          "| model, ms | decoding and resizing, ms |")
    print("| --- |" + " --- |" * 8, flush=True)
    notes = {exported.processor(): None}
    for run in arguments.run:
        for form in arguments.format:
            with tempfile.TemporaryDirectory() as folder:
                model = exported.Exported(
                    arguments.tl_coord, arguments.runs, run, form, arguments.data, pathlib.Path(folder))
                for threads in arguments.threads:
                    answers = asked(model, arguments, threads)
                    for row in rows(model, run, form, answers):
                        print(row, flush=True)
                    notes[f"onnxruntime-web {answers['runtime']}; {answers['browser']}"] = None
                    notes[f"bytes of pixels differ by {answers['files']['difference']:.3f} in the mean"] = None
    print("\n" + "; ".join(notes))


if __name__ == "__main__":
    main()
