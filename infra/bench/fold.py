"""The peer of rolling up: items of the time index, as boto3's client gives them, folded into windows of 5 minutes in
plain Python with DataDog's sketches. The same groups, bounds and folds of messages as Hookwatch's.

    python3 infra/bench/fold.py ITEMS COUNT      prints how many items a second of CPU, and peak memory in MB
    python3 infra/bench/fold.py ITEMS --answer   prints what the items add up to, as JSON

ITEMS is a file of items, a line of JSON each. More than it has are its own again.
"""

import json
import re
import resource
import sys
import time
from collections import Counter
from datetime import datetime

from boto3.dynamodb.types import TypeDeserializer
from ddsketch import DDSketch

WINDOW = 300
LATE_AFTER = 60
MOST_CELLS = 20_000
MOST_COUNTS = 10_000
LONGEST = 120

QUOTED = re.compile(r"""(?<![^\W_])(["'`])((?:(?!\1).)*)\1(?![^\W_])""", re.DOTALL)
WORD = re.compile(r"[\w\-.:@/+%]+")
NUMBER = re.compile(r"(?=.*[0-9])[0-9.\-+%:]+")
TOLD_APART = re.compile(r"\d|@")
SPACE = re.compile(r"\s+")


def fold_word(match: re.Match) -> str:
    word = match.group()
    bare = word.rstrip(".:-/")
    end = word[len(bare) :]
    if NUMBER.fullmatch(bare):
        return "<n>" + end
    return ("<id>" if TOLD_APART.search(bare) else bare) + end


def fold_message(message: str) -> str:
    parts, place = [], 0
    for quoted in QUOTED.finditer(message):
        parts += [WORD.sub(fold_word, message[place : quoted.start()]), "<value>"]
        place = quoted.end()
    parts.append(WORD.sub(fold_word, message[place:]))
    return SPACE.sub(" ", "".join(parts)).strip()[:LONGEST]


def add_bounded(counts: Counter, key: tuple) -> None:
    if key in counts or len(counts) < MOST_COUNTS:
        counts[key] += 1
    else:
        counts["other"] += 1


class Cell:
    __slots__ = ("count", "retries", "late", "micros", "times")

    def __init__(self):
        self.count = self.retries = self.late = self.micros = 0
        self.times = DDSketch(0.01)

    def add_time(self, micros: int) -> None:
        self.micros += micros
        self.times.add(micros)


class Window:
    def __init__(self):
        self.cells: dict[tuple, Cell] = {}
        self.minutes = Counter()
        self.errors = Counter()
        self.sources = Counter()
        self.store_time = DDSketch(0.01)

    def cell(self, key: tuple) -> Cell:
        cell = self.cells.get(key)
        if cell is None:
            if len(self.cells) >= MOST_CELLS:
                key = (*key[:-2], "other", "other")
            cell = self.cells.setdefault(key, Cell())
        return cell

    def add_delivery(self, at: float, lean: dict) -> None:
        event_type, livemode, account = lean.get("t"), lean.get("l"), lean.get("a")
        verdict = lean.get("d", "accepted")
        quarantined = "qr" in lean
        if verdict == "accepted":
            status = "quarantined" if quarantined else "received"
        else:
            status = verdict
        system = quarantined or not event_type or event_type.startswith("account.") or event_type.endswith(".ping")
        category, level = "system" if system else "business", "WARNING" if quarantined else "INFO"
        cell = self.cell((status, event_type, lean.get("o"), category, level, livemode, lean.get("v"), account))
        cell.count += 1
        if verdict == "accepted":
            self.minutes[False, event_type, livemode, account, int(at) // 60] += 1
            if "c" in lean:
                lag = round(at * 1e6) - int(lean["c"]) * 1000
                cell.late += lag > LATE_AFTER * 1_000_000
                cell.add_time(max(lag, 0))
        if "ps" in lean:
            self.store_time.add(int(lean["ps"]))
        if "ip" in lean:
            add_bounded(self.sources, (False, lean["ip"]))

    def add_outcome(self, at: float, lean: dict) -> None:
        event_type, livemode, account = lean["t"], lean.get("l"), lean.get("a")
        failure = lean.get("f")
        status = "succeeded" if failure is None else "failed"
        category, level = lean.get("ct", "business"), lean.get("lv", "INFO")
        cell = self.cell((status, event_type, lean.get("o"), category, level, livemode, lean.get("v"), account))
        cell.count += 1
        cell.retries += int(lean.get("ra", 0))
        cell.late += abs(at - int(lean["at"]) / 1e6) > LATE_AFTER
        cell.add_time(int(lean["pt"]))
        self.minutes[True, event_type, livemode, account, int(at) // 60] += 1
        if failure is not None:
            message = failure.get("m")
            message = None if message is None else fold_message(message)
            error = (failure.get("t"), failure.get("c"), message, event_type, livemode, account)
            add_bounded(self.errors, error)


def fold(items: list[dict], windows: dict[int, Window]) -> None:
    deserialize = TypeDeserializer().deserialize
    for item in items:
        item = {name: deserialize(value) for name, value in item.items()}
        at = datetime.fromisoformat(item["gsi1sk"].partition("#")[0]).timestamp()
        number = int(at) // WINDOW
        window = windows.get(number)
        if window is None:
            window = windows[number] = Window()
        if item["sk"].startswith("OUTCOME#"):
            window.add_outcome(at, item["e"])
        else:
            window.add_delivery(at, item["e"])


def answer(windows: dict[int, Window]) -> list:
    def cell(key: tuple, cell: Cell) -> list:
        quantiles = [cell.times.get_quantile_value(q) for q in (0.5, 0.95, 0.99)]
        return [*key, [cell.count, cell.retries, cell.late, cell.micros, *quantiles]]

    return [
        {
            "start": number * WINDOW,
            "cells": [cell(*entry) for entry in window.cells.items()],
            "minutes": [[*key, count] for key, count in window.minutes.items()],
            "errors": [[*key, count] for key, count in window.errors.items()],
            "sources": [[*key, count] for key, count in window.sources.items()],
        }
        for number, window in sorted(windows.items())
    ]


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or not (arguments[1].isdigit() or arguments[1] == "--answer"):
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[0], encoding="utf-8") as file:
        items = [json.loads(line) for line in file]
    windows: dict[int, Window] = {}
    if arguments[1] == "--answer":
        fold(items, windows)
        print(json.dumps(answer(windows)))
        return 0
    count = int(arguments[1])
    begun = time.process_time()
    for _ in range(count // len(items)):
        fold(items, windows)
    took = time.process_time() - begun
    assert sum(cell.count for window in windows.values() for cell in window.cells.values()) == count
    print(f"{count / took:.0f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
