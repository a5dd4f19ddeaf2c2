"""What a kind of folder is, and how its files are made."""

import os

from pictures import jpeg

KINDS = []


class Kind:
    def __init__(self, name, build, code, says, never, again):
        self.name = name
        self.build = build
        self.code = code
        self.says = says
        self.never = never
        self.again = again


def kind(name, code=0, says=(), never=(), again=None):
    """A folder that the function makes; it returns further arguments of the command."""
    def add(build):
        KINDS.append(Kind(name, build, code, says, never, again))
        return build
    return add


def put(data, path, content):
    file = os.path.join(os.fsencode(data), os.fsencode(path) if isinstance(path, str) else path)
    os.makedirs(os.path.dirname(file), exist_ok=True)
    with open(file, "wb") as out:
        out.write(content)


def fill(data, folder, count=6, first=0, name=None):
    """Photographs first.jpg and so on of a class."""
    name = name or folder.rsplit("/", 1)[-1]
    for number in range(first, first + count):
        put(data, f"{folder}/{number}.jpg", jpeg(name, number))


def cats_and_dogs(data, where="", count=6, first=0):
    for name in ("cat", "dog"):
        fill(data, where + name, count, first)


PLAIN = ("8 to train on, 4 to validate",)
