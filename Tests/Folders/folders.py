"""Folders and their names: what is a class, and what a part."""

import os
import unicodedata

from pictures import jpeg
from registry import PLAIN, cats_and_dogs, fill, kind, put


@kind("a folder of folders", says=PLAIN + ("cat 6, dog 6",))
def plain(data):
    cats_and_dogs(data)


@kind("the same photograph in two classes", says=("cat/twin.jpg = dog/other.jpg",))
def twins(data):
    cats_and_dogs(data)
    for path in ("cat/twin.jpg", "dog/other.jpg"):
        put(data, path, jpeg("rose", 1))


@kind("such a photograph, and one that is torn, with --strict-data", 65,
      says=("cat/twin.jpg = dog/other.jpg", "dog/torn.jpg"))
def strict(data):
    twins(data)
    put(data, "dog/torn.jpg", jpeg("dog", 50)[:900])
    return ["--strict-data"]


SPLITS = [
    ("train", "val", "test"), ("Train", "Valid", "Test"), ("training_set", "dev", "eval"),
    ("seg_train", "", "seg_test"), ("Training Data", "Validation Data", "Testing Data"),
    ("train2017", "val2017", ""), ("TRAIN", "validation", "HOLD-OUT"), ("trainval", "", "test"),
    ("trn", "vld", "tst"), ("data-train", "data-val", "data-test"), ("train_images", "", "test_images"),
]


def split_kind(names):
    parts = [name for name in names if name]
    measured = "4 to validate" if names[1] else "to validate"
    says = [measured] + (["4 to test with at the end", "Of the 4 test"] if names[2] else [])

    @kind("split into " + ", ".join(parts), says=says)
    def build(data):
        for place, name in enumerate(names):
            if name:
                cats_and_dogs(data, f"{name}/", 6 if place == 0 else 2, 10 * place)


for names in SPLITS:
    split_kind(names)


@kind("parts in the classes: cat/train, cat/test", says=("8 to train on", "4 to test with"))
def inner_parts(data):
    for name in ("cat", "dog"):
        fill(data, f"{name}/train", 6, 0, name)
        fill(data, f"{name}/test", 2, 10, name)


@kind("each part in a folder of its name: seg_train/seg_train", says=("4 to test with",))
def doubled_parts(data):
    cats_and_dogs(data, "seg_train/seg_train/")
    cats_and_dogs(data, "seg_test/seg_test/", 2, 10)


@kind("a test part without labels", says=PLAIN + ("test/ has no folders of classes",))
def unlabelled_test(data):
    cats_and_dogs(data, "train/")
    fill(data, "test", 3, 20, "cat")


@kind("photographs directly in train and test", 65, says=("--layout classes", "--data-validation"))
def unclear(data):
    fill(data, "train")
    fill(data, "test")


@kind("train, val and extra with the same classes", 65, says=("extra lies beside the parts", "--layout classes"))
def extra(data):
    for place, part in enumerate(("train", "val", "extra")):
        cats_and_dogs(data, f"{part}/", 4, 10 * place)


@kind("split into entraînement, validation", says=("4 to validate", "entraînement is trained on"))
def french(data):
    cats_and_dogs(data, "entraînement/")
    cats_and_dogs(data, "validation/", 2, 10)


@kind("fold1 and fold2 with the same classes", 65, says=("like pieces of one set", "--layout classes"))
def folds(data):
    cats_and_dogs(data, "fold1/")
    cats_and_dogs(data, "fold2/", 6, 10)


@kind("places that are each split, with the same classes", 65, says=("are each split into parts", "give --data one"))
def places(data):
    for number, place in enumerate(("north", "south")):
        cats_and_dogs(data, f"{place}/train/", 6, 20 * number)
        cats_and_dogs(data, f"{place}/test/", 2, 20 * number + 10)


@kind("parts in one class alone", 65, says=("which are named like parts, and dog is none", "split all classes or none"))
def half_split(data):
    fill(data, "cat/train", 6)
    fill(data, "cat/test", 2, 10)
    fill(data, "dog", 6, 20, name="dog")


@kind("photographs beside a folder for the test in each class", 65, says=("cat/test, which is named like a part",))
def beside_test(data):
    cats_and_dogs(data)
    for number, name in enumerate(("cat", "dog")):
        fill(data, f"{name}/test", 2, 40 + 10 * number)


@kind("images beside lists alone", says=("images/ is the only folder with photographs",))
def with_lists(data):
    cats_and_dogs(data, "images/")
    put(data, "meta/classes.txt", b"cat\ndog\n")


@kind("classes with the same folders in each", says=("2 classes (healthy, sick)", "are taken for the classes"))
def sides(data):
    for number, folder in enumerate(("healthy/left", "healthy/right", "sick/left", "sick/right")):
        fill(data, folder, 6, 10 * number)


@kind("a class that is missing in val", says=("no photograph of dog validates",))
def unvalidated(data):
    cats_and_dogs(data, "train/")
    fill(data, "val/cat", 2, 10)


@kind("classes whose names differ in capitals between train and val", 65, says=("val/Dog) and 'dog'", "only in capitals"))
def capitals(data):
    cats_and_dogs(data, "train/")
    fill(data, "val/cat", 2, 10)
    fill(data, "val/Dog", 2, 10)


@kind("classes named train and bus", says=("2 classes (bus, train)",))
def trains(data):
    fill(data, "train")
    fill(data, "bus")


@kind("classes named train and bus, with folders in them", says=("2 classes (bus, train)",))
def deep_trains(data):
    for folder in ("train/steam", "train/diesel", "bus/city", "bus/school"):
        fill(data, folder)


@kind("a leak between train and val", says=("train/cat/leak.jpg is left out", "8 to validate"))
def leak(data):
    cats_and_dogs(data, "train/")
    cats_and_dogs(data, "val/", 4, 10)
    put(data, "train/cat/leak.jpg", jpeg("cat", 10))


@kind("one folder in another: photos/photos", says=PLAIN + ("photos/ is the only folder",))
def wrapper(data):
    cats_and_dogs(data, "photos/")
    put(data, "__MACOSX/photos/cat/._0.jpg", b"\0\5\26\7")


@kind("a split folder in another", says=("4 to validate",))
def wrapped_split(data):
    cats_and_dogs(data, "download/archive/train/")
    cats_and_dogs(data, "download/archive/val/", 2, 10)


@kind("what systems leave behind", says=PLAIN + ("files and folders are passed over",),
      never=("left out",))
def rubbish(data):
    cats_and_dogs(data)
    for path in (
        "__MACOSX/cat/._0.jpg", "cat/@eaDir/0.jpg/SYNOPHOTO_THUMB_M.jpg", "@eaDir/x",
        ".ipynb_checkpoints/0-checkpoint.jpg", "dog/.ipynb_checkpoints/0-checkpoint.jpg",
        "cat/Thumbs.db", "dog/desktop.ini", "cat/.DS_Store", "LICENSE.txt",
        "dog/1.jpg:Zone.Identifier", "cat/.hidden.jpg", ".git/objects/1",
    ):
        put(data, path, jpeg("oak", len(path)))
    os.makedirs(f"{data}/empty/empty")


@kind("classes Cat and cat", 65, says=("'Cat' and 'cat'", "capitals"))
def capitals(data):
    for name in ("Cat", "cat", "dog"):
        fill(data, name)


@kind("classes whose names differ in Unicode form", 65, says=("Unicode form", "63 61 66 65 cc 81"))
def forms(data):
    for form in ("NFC", "NFD"):
        fill(data, unicodedata.normalize(form, "caf\u00e9"), 4)
    fill(data, "dog")


@kind("café in another Unicode form in val than in train", says=("4 to validate", "2 classes"))
def forms_in_parts(data):
    for part, form, first in (("train", "NFC", 0), ("val", "NFD", 10)):
        fill(data, f"{part}/" + unicodedata.normalize(form, "caf\u00e9"), 6 - first // 3 - first % 3, first)
        fill(data, f"{part}/dog", 6 if first == 0 else 2, first)


@kind("two photographs in each class", says=("2 to train on, 2 to validate",))
def two(data):
    cats_and_dogs(data, count=2)


@kind("a class with one photograph", 65, says=("the class rose has a single photograph", "cat 6"))
def one(data):
    cats_and_dogs(data)
    fill(data, "rose", 1)


@kind("one class", 65, says=("a single class, cat",))
def single(data):
    fill(data, "cat")


@kind("an empty folder", 65, says=("has no subfolders",))
def empty(data):
    pass


@kind("photographs without folders", 65, says=("--labels",))
def flat(data):
    for number in range(4):
        put(data, f"{number}.jpg", jpeg("cat", number))


@kind("folders within classes: cat/kittens", says=PLAIN + ("2 classes (cat, dog)",))
def nested(data):
    cats_and_dogs(data, count=3)
    fill(data, "cat/kittens", 3, 20, "cat")
    fill(data, "dog/small/white", 3, 20, "dog")


@kind("links to classes, files and nowhere, and in a circle", says=(
    "23 to train on", "3 files are no photographs"))
def links(data):
    fill(data, "dog", 5)
    elsewhere = data.parent / "elsewhere"
    fill(elsewhere, "cat", 27)
    put(elsewhere, "odd.jpg", jpeg("dog", 70))
    os.symlink(elsewhere / "cat", data / "cat")
    os.symlink(elsewhere / "odd.jpg", data / "dog/odd.jpg")
    os.symlink(data, data / "dog/circle")
    os.symlink("nowhere.jpg", data / "dog/broken.jpg")
    os.mkfifo(data / "dog/pipe.jpg")
