"""Labels in a list instead of folders."""

from pictures import jpeg
from registry import cats_and_dogs, kind, put

PHOTOGRAPHS = 12


def label(number):
    return "cat" if number % 2 else "dog"


def listed(name, text, code=0, says=("8 to train on, 4 to validate",), names="{}.jpg"):
    """Twelve photographs in one folder, and a list beside it."""
    @kind(name, code, says)
    def build(data):
        for number in range(PHOTOGRAPHS):
            put(data, names.format(number), jpeg(label(number), number))
        content = text if isinstance(text, bytes) else text.encode()
        put(data.parent, "labels.csv", content)
        return ["--labels", "ROOT/labels.csv"]


def lines(pattern, end="\n"):
    return "".join(pattern.format(n=n, label=label(n)) + end for n in range(PHOTOGRAPHS))


listed("a list without names of columns", lines("{n}.jpg,{label}"))
listed("a list with names of columns", "filename,label\n" + lines("{n}.jpg,{label}"))
listed("a list of Excel: byte order mark, semicolons, CRLF, quotes",
       "\ufeffImage;Class\r\n" + lines('"{n}.jpg";"{label}"', "\r\n"))
listed("a list of Windows paths", "path,label\n" + lines("C:\\photos\\{n}.jpg,{label}"))
listed("a list of names without endings (Kaggle)", "id,breed\n" + lines("{n},{label}"))
listed("a list with further columns", "no,set,image_id,width,breed\n" + lines("{n},train,{n}.jpg,96,{label}"))
listed("a list with parts",
       "path,label,split\n" + "".join(
           f"{n}.jpg,{label(n)},{['train', 'train', 'train', 'train', 'val', 'val', 'test', 'test'][n % 8]}\n"
           for n in range(PHOTOGRAPHS)),
       says=("8 to train on, 2 to validate with, 2 to test with",))
listed("a list with names in capitals", lines("{n}.JPG,{label}"))
listed("a list with files that aren't there",
       lines("{n}.jpg,{label}") + "gone.jpg,cat\nlost.jpg,dog\n", says=("2 files that are listed are not there",))
listed("a list with two labels for a photograph", lines("{n}.jpg,{label}") + "1.jpg,dog\n",
       says=("1.jpg is left out: it is listed as cat",))
listed("a list that leaves photographs and labels out",
       "".join(f"{n}.jpg,{label(n) if n < 10 else ''}\n" for n in range(11)),
       says=("pictures are not in", "has no label"))
listed("a list of one column a class",
       "image_id,cat,dog\n" + "".join(f"{n},{n % 2},{1 - n % 2}\n" for n in range(PHOTOGRAPHS)),
       says=("'cat', 'dog' are the classes",))
listed("a list of one column a class with a photograph of two",
       "image_id,cat,dog\n" + "".join(f"{n},{n % 2},{1 - n % 2}\n" for n in range(11)) + "11,1,1\n", 65,
       says=("line 13 says that a photograph is of several classes, 'cat' and 'dog'",))
listed("a spreadsheet as a list", b"PK\x03\x04xl/workbook.xml", 65, says=("save it as CSV",))
listed("a list that isn't UTF-8", lines("{n}.jpg,caf\u00e9").encode("latin-1"), 65, says=("in UTF-8",))
listed("a list that says with True and False what validates",
       "file,label,is_valid\n" + "".join(f"{n}.jpg,{label(n)},{n > 7}\n" for n in range(PHOTOGRAPHS)),
       says=("8 to train on, 4 to validate", "'is_valid' says what validates"))
listed("a list in UTF-16", lines("{n}.jpg\t{label}", "\r\n").encode("utf-16"))
listed("a list with a comment and lines without a comma",
       "# mine\n" + lines("{n}.jpg,{label}") + "12.jpg\n", says=("1 line of", "has no label"))
listed("a list with a quotation mark that doesn't end", lines("{n}.jpg,{label}") + '"1.jpg,cat\n', 65,
       says=("line 13 has a quotation mark",))
listed("a list with two columns of labels that differ",
       "path,species,breed\n" + "".join(f"{n}.jpg,{label(n)},{n}\n" for n in range(PHOTOGRAPHS)), 65,
       says=("'species' and 'breed' could both have the labels",))
listed("a list of other photographs", "path,label\nx.jpg,cat\ny.jpg,dog\n", 65, says=("not even x.jpg",))


@kind("a list that isn't there", 65, says=("labels.csv", "No such file"))
def missing(data):
    cats_and_dogs(data)
    return ["--labels", "ROOT/labels.csv"]
