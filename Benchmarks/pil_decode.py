"""Decodes photographs with PIL for some seconds, as `tl-bench decode` does, and prints the rate as JSON.

Each photograph becomes the same input: the middle square of the short side, resized to 224 by 224 with
PIL's antialiased bilinear filter. `whole` decodes all pixels, as most write it; `draft` has the JPEG
decoder scale down where that is enough, and averages before it filters.
"""

import argparse
import io
import json
import pathlib
import random
import time

import held
import processes


def prepare(content, size, form):
    from PIL import Image

    image = Image.open(io.BytesIO(content))
    if form == "draft":
        image.draft("RGB", (size, size))
    image = image.convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return image.resize(
        (size, size), Image.BILINEAR, box=(left, top, left + side, top + side),
        reducing_gap=2.0 if form == "draft" else None).tobytes()


def measure(args, barrier, results):
    contents = [
        path.read_bytes() for path in sorted(pathlib.Path(args.data).glob("**/*"))
        if path.suffix.lower() in {".jpg", ".jpeg", ".png"}]
    for content in contents[:8]:
        prepare(content, args.size, args.form)
    held.check()
    barrier.wait()
    start = time.perf_counter()
    done, place = 0, random.randrange(len(contents))
    while time.perf_counter() - start < args.seconds:
        prepare(contents[(place + done) % len(contents)], args.size, args.form)
        done += 1
    results.put(done / (time.perf_counter() - start))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--form", choices=["whole", "draft"], default="draft")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3)
    args = parser.parse_args()
    rates = processes.measure_at_once(measure, args, "PIL")
    print(json.dumps({"engine": "pil", "form": args.form, "images_per_second": sum(rates)}))


if __name__ == "__main__":
    main()
