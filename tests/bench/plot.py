#!/usr/bin/env python3
"""Draws the curves of bench.json as an SVG: the cost of a message as a multiple of its cost where there is one of the kind.

  plot.py BENCH.JSON OUT.SVG
"""

import html
import json
import math
import sys

WIDTH, HEIGHT, LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT = 460, 300, 52, 40, 380, 200
COLOURS = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd"]


def curves_of(figures):
    """{name: {transport: [(x, ratio)]}} in the order of the file, and the bar of each name."""
    curves, bars = {}, {}
    for f in figures:
        if "x" not in f:
            continue
        curves.setdefault(f["name"], {}).setdefault(f["transport"], []).append((f["x"], f["ratio"]))
        if "at_most" in f:
            bars[f["name"]] = f["at_most"]
    return curves, bars


def number(x):
    return f"{x:,.0f}" if x < 1e6 else f"{x / 1e6:g} million"


def panel(name, lines, bar):
    points = [p for line in lines.values() for p in line]
    most_x = max(max(x for x, _ in points), 2)
    most_y = max(2.0, math.ceil(max(y for _, y in points)))

    def at(x, y):
        return (LEFT + PLOT_WIDTH * math.log10(x) / math.log10(most_x), TOP + PLOT_HEIGHT * (1 - y / most_y))

    out = [f'<text x="{LEFT}" y="22" font-size="14">{html.escape(name)}</text>']
    step = 0.5 if most_y <= 3 else math.ceil(most_y / 6)
    y = 0.0
    while y <= most_y:
        _, down = at(1, y)
        out.append(f'<line x1="{LEFT}" x2="{LEFT + PLOT_WIDTH}" y1="{down:.1f}" y2="{down:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 6}" y="{down + 4:.1f}" text-anchor="end">{y:g}</text>')
        y += step
    for x in sorted({x for x, _ in points}):
        right, _ = at(x, 0)
        out.append(f'<text x="{right:.1f}" y="{TOP + PLOT_HEIGHT + 18}" text-anchor="middle">{number(x)}</text>')
    if bar:
        _, down = at(1, bar)
        out.append(f'<line x1="{LEFT}" x2="{LEFT + PLOT_WIDTH}" y1="{down:.1f}" y2="{down:.1f}" stroke="#888" '
                   'stroke-dasharray="6 4"/>')
    for i, (transport, line) in enumerate(lines.items()):
        colour = COLOURS[i % len(COLOURS)]
        path = " ".join("{:.1f},{:.1f}".format(*at(*p)) for p in line)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out.extend('<circle cx="{:.1f}" cy="{:.1f}" r="3" fill="{}"/>'.format(*at(*p), colour) for p in line)
        out.append(f'<text x="{LEFT + PLOT_WIDTH - 70 * i}" y="22" text-anchor="end" fill="{colour}">'
                   f'{html.escape(transport)}</text>')
    return "\n".join(out)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        measured = json.load(file)
    curves, bars = curves_of(measured["figures"])
    rows = (len(curves) + 1) // 2
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * WIDTH}" height="{max(rows, 1) * HEIGHT}" '
             'font-family="sans-serif" font-size="11">', '<rect width="100%" height="100%" fill="white"/>']
    for i, (name, lines) in enumerate(curves.items()):
        parts.append(f'<g transform="translate({i % 2 * WIDTH},{i // 2 * HEIGHT})">\n'
                     f'{panel(name, lines, bars.get(name))}\n</g>')
    parts.append("</svg>\n")
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write("\n".join(parts))


if __name__ == "__main__":
    main()
