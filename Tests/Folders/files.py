"""What lies in the folders: files that are no photographs, and names that are no names."""

import os

import numpy as np
from PIL import Image

from pictures import encoded, image, jpeg
from registry import PLAIN, cats_and_dogs, fill, kind, put


def torn(name, number):
    return jpeg(name, number)[:-900]


@kind("12 % undecodable", 65, says=("3 of 25 files", "2.jpg", "--undecodable-max"))
def many_torn(data):
    cats_and_dogs(data, count=11)
    for number in range(3):
        put(data, f"cat/torn{number}.jpg", torn("cat", 50 + number))


@kind("12 % undecodable, allowed", says=("3 files are no photographs", "cat 11, dog 11"))
def allowed_torn(data):
    many_torn(data)
    return ["--undecodable-max", "0.2"]


@kind("8 % undecodable", says=("torn0.jpg, cat/torn1.jpg", "cat 11, dog 11"))
def few_torn(data):
    cats_and_dogs(data, count=11)
    for number in range(2):
        put(data, f"cat/torn{number}.jpg", torn("cat", 50 + number))


@kind("a class of which nothing can be decoded", 65, says=("the class rose has no photographs",))
def torn_class(data):
    cats_and_dogs(data, count=20)
    for number in range(2):
        put(data, f"rose/{number}.jpg", torn("rose", number))


@kind("two photographs in a class, one of them torn", 65, says=("the class rose has a single",))
def half_torn(data):
    cats_and_dogs(data, count=10)
    put(data, "rose/0.jpg", jpeg("rose", 0))
    put(data, "rose/1.jpg", torn("rose", 1))


@kind("a text and an empty file among the photographs", says=("2 files are no photographs",))
def texts(data):
    cats_and_dogs(data, count=12)
    put(data, "cat/README.txt", b"these are cats")
    put(data, "dog/empty.jpg", b"")


@kind("an annotation beside each photograph", 65, says=("12 of 24 files", "--undecodable-max"))
def annotations(data):
    cats_and_dogs(data)
    for name in ("cat", "dog"):
        for number in range(6):
            put(data, f"{name}/{number}.xml", b"<annotation/>")


@kind("torn HEIC photographs of a telephone", 65, says=("HEIC", "truncated"))
def heic(data):
    cats_and_dogs(data)
    for number in range(6):
        put(data, f"cat/IMG_{number}.HEIC",
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\1\0meta" + bytes(100))


@kind("raw files of a camera", 65, says=("raw", "darktable-cli"))
def raw(data):
    cats_and_dogs(data)
    for number in range(6):
        put(data, f"cat/IMG_{number}.CR3", b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(200))


@kind("Git LFS pointers instead of photographs", 65, says=("git lfs pull",))
def pointers(data):
    for name in ("cat", "dog"):
        for number in range(6):
            put(data, f"{name}/{number}.jpg",
                b"version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 9\n" % number)


@kind("pictures of other kinds, and with wrong endings", says=PLAIN)
def other_kinds(data):
    for name in ("cat", "dog"):
        for number, form in enumerate(("PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG")):
            picture = image(name, number).convert("P") if form == "GIF" else image(name, number)
            put(data, f"{name}/{number}.{'jpg' if number % 2 else form.lower()}",
                encoded(picture, form))


@kind("a photograph that can't be opened", says=("closed.jpg is left out: Permission denied",))
def closed(data):
    cats_and_dogs(data)
    put(data, "cat/closed.jpg", jpeg("cat", 60))
    os.chmod(data / "cat/closed.jpg", 0)


@kind("a class that can't be opened", 65, says=("dog", "Permission denied"))
def closed_class(data):
    cats_and_dogs(data)
    os.chmod(data / "dog", 0)


@kind("names with line feeds, escape characters and bytes that are no UTF-8", says=(
    "3 files or folders have names", "cat 20, dog 20"))
def odd_names(data):
    cats_and_dogs(data, count=20)
    for path in (b"cat/new\nline.jpg", b"cat/\x1b[31mred.jpg", b"dog/caf\xe9.jpg"):
        put(data, path, jpeg("oak", len(path)))


@kind("a class whose name is no UTF-8", 65, says=("cannot be the name of a class",))
def odd_class(data):
    cats_and_dogs(data)
    put(data, b"caf\xe9/0.jpg", jpeg("oak", 0))
    put(data, b"caf\xe9/1.jpg", jpeg("oak", 1))


@kind("names of 255 bytes, of spaces, quotes and emoji; one is hidden", says=("13 to train on, 6 to validate",))
def long_names(data):
    cats_and_dogs(data)
    for number, name in enumerate(("n" * 251, " a  b", "\"q'", "\U0001f431", "%s{}$(x)", "-rf", "..x", "a;b")):
        put(data, f"{'cat' if number % 2 else 'dog'}/{name}.jpg", jpeg("oak", number))


@kind("a path of more than 1,024 bytes", says=("its name is too long",))
def long_path(data):
    cats_and_dogs(data, count=10)
    put(data, "cat/" + "/".join(["f" * 200] * 6) + "/0.jpg", jpeg("oak", 0))


@kind("folders 20 deep in a class", 65, says=("more than 16 folders deep",))
def deep(data):
    cats_and_dogs(data)
    put(data, "cat/" + "f/" * 20 + "0.jpg", jpeg("oak", 0))


@kind("many more of one class", says=("differ much in size (cat 3, dog 30)", "--class-weights"))
def imbalance(data):
    fill(data, "cat", 3)
    fill(data, "dog", 30)


@kind("the same, with --class-weights balanced", says=("validation photographs are classified correctly",))
def balanced(data):
    imbalance(data)
    return ["--class-weights", "balanced"]


def burst(name, number):
    """The photograph a moment later: a little brighter, and saved anew."""
    pixels = np.asarray(image(name, number)).astype(int) + 6
    return encoded(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), quality=75)


@kind("bursts on both sides of the split", says=("look almost like one",))
def bursts(data):
    for name in ("cat", "dog"):
        for number in range(12):
            put(data, f"{name}/{number}/a.jpg", jpeg(name, number))
            put(data, f"{name}/{number}/b.jpg", burst(name, number))


@kind("bursts in a folder each, with --group folder", says=("36 to train on, 12 to validate",),
      never=("look almost like",))
def groups(data):
    bursts(data)
    return ["--group", "folder"]


@kind("--group with what is no expression", 78, says=("no regular expression",))
def bad_group(data):
    cats_and_dogs(data)
    return ["--group", "(x"]


def remove_and_add(data):
    os.remove(data / "cat/0.jpg")
    put(data, "dog/new.jpg", jpeg("dog", 80))


@kind("photographs that go and come before --resume", 78, again=remove_and_add,
      says=("1 is new (dog/new.jpg); 1 is gone or left out (cat/0.jpg)",))
def resumed(data):
    cats_and_dogs(data)
