# SPDX-License-Identifier: Apache-2.0
"""From the lines that contenders print to the table: the least of all rounds, and the least of their medians."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

OPS = {"decode": "decode", "encode": "encode", "encode_zc": "encode by reference", "iter": "iterate", "build": "build",
       "crc": "CRC-32C"}

# Alternatives of a peer for the same operation: the fastest one counts.
WAYS = {"decode": ("decode_views",), "encode_zc": ("encode",), "iter": ("iter+crc",)}


@dataclass
class Cost:
    least: float
    median: float
    allocated: float


class Results:
    def __init__(self, folder: Path) -> None:
        lines = [line.split() for line in (folder / "inputs.txt").read_text().splitlines() if not line.startswith("#")]
        self.inputs = {f[0]: self._label(f[0], f[2]) for f in lines}
        self.sizes = {f[0]: (folder / f[4]).stat().st_size - int(f[5]) for f in lines}
        self.costs: dict[tuple[str, str, str], Cost] = {}

    @staticmethod
    def _label(name: str, version: str) -> str:
        words = name.replace("_", " ")
        if name.endswith(("_request", "_response")):
            return "".join(word.capitalize() for word in words.split()) + f" {version}"
        return words

    def add(self, contender: str, output: str) -> None:
        for line in output.splitlines():
            name, op, least, *more = line.split("\t")
            values = dict(word.split("=", 1) for word in more)
            new = Cost(float(least), float(values["med"]), float(values["B"]))
            old = self.costs.setdefault((contender, name, op), new)
            self.costs[contender, name, op] = Cost(min(old.least, new.least), min(old.median, new.median),
                                                   new.allocated)

    def rows(self) -> list[tuple[str, str]]:
        """Input and operation of everything that kwire was timed with."""
        return [(name, op) for name in self.inputs for op in OPS if ("kwire", name, op) in self.costs]

    def cost(self, contender: str, name: str, op: str) -> Cost | None:
        ways = (op,) if contender == "kwire" else (op, *WAYS.get(op, ()))
        found = [self.costs[contender, name, way] for way in ways if (contender, name, way) in self.costs]
        return min(found, key=lambda cost: cost.least, default=None)


def number(value: float) -> str:
    return f"{value:.1f}" if 0 < value < 100 else f"{value:,.0f}"


def ratio(results: Results, contenders: list[str], name: str, op: str, which: str) -> str:
    """How many times as long the fastest peer takes."""
    costs = [getattr(cost, which) for peer in contenders if (cost := results.cost(peer, name, op)) is not None]
    return f"{min(costs[1:]) / costs[0]:.1f}" if len(costs) > 1 else ""


def cells(results: Results, contenders: list[str], which: str) -> list[list[str]]:
    """A line for each row: label, bytes, a figure for each contender."""
    lines = []
    for name, op in results.rows():
        costs = [results.cost(contender, name, op) for contender in contenders]
        figures = [number(getattr(cost, which)) if cost is not None else "" for cost in costs]
        lines.append([f"{results.inputs[name]}, {OPS[op]}", f"{results.sizes[name]:,}", *figures])
    return lines


def aligned(lines: list[list[str]]) -> str:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines)


def plain(results: Results, contenders: list[str]) -> str:
    titles = {"least": "ns an operation, least of all samples", "median": "ns an operation, least of the medians",
              "allocated": "bytes allocated an operation"}
    parts = []
    for which, title in titles.items():
        head = [title, "bytes", *contenders]
        lines = cells(results, contenders, which)
        if which != "allocated":
            head.append("fastest peer / kwire")
            lines = [[*line, ratio(results, contenders, *row, which)] for line, row in zip(lines, results.rows())]
        parts.append(aligned([head, *lines]))
    return "\n\n".join(parts)


def markdown(results: Results, contenders: list[str]) -> str:
    head = ["ns an operation", "bytes", *contenders, "fastest peer / kwire (of medians)"]
    lines = [head, ["---", *("---:" for _ in head[1:])]]
    for line, row in zip(cells(results, contenders, "least"), results.rows()):
        by_least, by_median = (ratio(results, contenders, *row, which) for which in ("least", "median"))
        lines.append([*line, f"{by_least} ({by_median})" if by_least else ""])
    return "\n".join("|" + "".join(f" {cell} |" if cell else " |" for cell in line) for line in lines)
