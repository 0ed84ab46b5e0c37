#!/usr/bin/env python3
"""lexicon.py [--check] - writes lexicon.inc from Debian's wamerican 2020.12.07, or checks that it is what would be written.

The words are the lines [a-z]+ of /usr/share/dict/american-english. They are grouped by shape: NOON and DEED are ABBA.
All words of a shape lie together in columns, one column a different letter: all first letters, then all second ones."""
import hashlib
import os
import re
import sys

DICTIONARY = "/usr/share/dict/american-english"
WORDS = 63875
TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lexicon.inc")
WIDTH = 90


def shape_of(word):
    seen = []
    for letter in word:
        if letter not in seen:
            seen.append(letter)
    return "".join(chr(ord("A") + seen.index(letter)) for letter in word)


def table():
    with open(DICTIONARY, encoding="utf-8") as file:
        words = sorted(line.strip() for line in file if re.fullmatch("[a-z]+", line.strip()))
    assert len(words) == WORDS, f"{len(words)} words, not {WORDS}: another version of wamerican"
    digest = hashlib.blake2b("".join(word + "\n" for word in words).encode(), digest_size=16).hexdigest()
    shapes = {}
    for word in words:
        shapes.setdefault(shape_of(word), []).append(word)
    order = sorted(shapes, key=lambda shape: (len(shape), shape))
    rows, columns = [], ""
    for shape in order:
        rows.append(f'\t{{"{shape}", {len(shape)}, {len(set(shape))}, {len(shapes[shape])}, {len(columns)}}},')
        for place in sorted(shape.index(letter) for letter in set(shape)):
            columns += "".join(word[place] for word in shapes[shape])
    most = max(len(group) for group in shapes.values())
    distinct = max(len(set(shape)) for shape in order)
    lines = [f'\t"{columns[at : at + WIDTH]}"' for at in range(0, len(columns), WIDTH)]
    return "\n".join(
        [
            "/* Written by lexicon.py. The words are of SCOWL, whose notice is in SCOWL-COPYRIGHT. */",
            f"#define HD_LEXICON_WORDS {WORDS}u",
            f"#define HD_LEXICON_GROUPS {len(order)}u",
            f"#define HD_LEXICON_COLUMNS {len(columns)}u",
            f"_Static_assert(HD_LEXICON_GROUP_MAX >= {most}, \"the largest group\");",
            f"_Static_assert(HD_LEXICON_LENGTH_MAX >= {max(map(len, words))}, \"the longest word\");",
            f"_Static_assert(HD_LEXICON_DISTINCT_MAX >= {distinct}, \"the most different letters\");",
            "/* BLAKE2b-128 of all words in order, each ended by a newline. */",
            f'#define HD_LEXICON_DIGEST "{digest}"',
            "static const struct hd_lexicon_group groups[HD_LEXICON_GROUPS] = {",
            *rows,
            "};",
            "static const char columns[HD_LEXICON_COLUMNS + HD_LEXICON_PADDING] = {",
            *lines,
            "};",
            "",
        ]
    )


def main():
    text = table()
    if "--check" in sys.argv[1:]:
        with open(TABLE, encoding="utf-8") as file:
            same = file.read() == text
        print("lexicon.inc is what lexicon.py writes" if same else "lexicon.inc is not what lexicon.py writes")
        return 0 if same else 1
    with open(TABLE, "w", encoding="utf-8") as file:
        file.write(text)
    return 0


sys.exit(main())
