#!/usr/bin/env python3
"""Draws a terminal's screen as SVG: the README's picture of huntctl top.

  tmux new-session -d -s demo -x 90 -y 30 perf/demo/run build/release/bin; sleep 30
  tmux capture-pane -e -p -t demo | perf/demo/picture.py > perf/demo/top.svg"""
import re
import sys
from xml.sax.saxutils import escape

CELL, LINE, PAD = 8.4, 18, 14
COLOURS = ["#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9"]


def spans(line):
    """(column, text, style) for each run of one style."""
    style, column = {}, 0
    for codes, text in re.findall(r"(?:\x1b\[([0-9;]*)m)?([^\x1b]*)", line):
        for code in (int(c or 0) for c in codes.split(";")) if codes or "\x1b[m" in line else ():
            if code == 0:
                style = {}
            elif code == 1:
                style["font-weight"] = "bold"
            elif code == 2:
                style["opacity"] = "0.6"
            elif 30 <= code <= 37:
                style["fill"] = COLOURS[code - 30]
            elif 90 <= code <= 97:
                style["fill"] = COLOURS[code - 90]
        if text:
            yield column, text, dict(style)
            column += len(text)


def main():
    lines = [line.rstrip("\n") for line in sys.stdin]
    while lines and not lines[-1].strip():
        lines.pop()
    width = max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines)
    size = f"{width * CELL + 2 * PAD:.0f}", f"{len(lines) * LINE + 2 * PAD:.0f}"
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
          'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="14">')
    print(f'<rect width="{size[0]}" height="{size[1]}" rx="8" fill="#1e222a"/>')
    for number, line in enumerate(lines):
        for column, text, style in spans(line):
            if text.strip():
                look = "".join(f' {k}="{v}"' for k, v in ({"fill": "#d8dee9"} | style).items())
                print(f'<text x="{PAD + column * CELL:.1f}" y="{PAD + number * LINE + 13}" textLength="{len(text) * CELL:.1f}" '
                      f'xml:space="preserve"{look}>{escape(text)}</text>')
    print("</svg>")


main()
