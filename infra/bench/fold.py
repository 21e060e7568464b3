"""The peer of rolling up: log entries folded in plain Python, as a report of the guide's service does.

    python3 infra/bench/fold.py ENTRIES    prints how many entries a second of CPU

Entries are dictionaries that were read already. By cell: a count, a sum, the times for percentiles; by minute a
count. Fewer keys than a roll-up has, and no bound on what is remembered.
"""

import sys
import time
from collections import defaultdict


def entries(count: int) -> list[dict]:
    return [
        {
            "event_type": f"object.{number % 20:02}.happened",
            "entity_type": "charge",
            "category": "business",
            "level": "INFO",
            "livemode": True,
            "api_version": "2026-10-28.endive",
            "success": number % 30 != 1,
            "error_message": f"no row for job {number}" if number % 30 == 1 else None,
            "timestamp": 1_700_000_000 + number % 300,
            "processing_time": 0.1 + (number * 2_654_435_761 % 1_000_000) / 1e6,
        }
        for number in range(count)
    ]


def fold(log: list[dict]) -> dict:
    cells = defaultdict(lambda: {"count": 0, "sum": 0.0, "times": []})
    minutes = defaultdict(int)
    errors = defaultdict(int)
    for entry in log:
        key = (
            entry["success"],
            entry["event_type"],
            entry["entity_type"],
            entry["category"],
            entry["level"],
            entry["livemode"],
            entry["api_version"],
        )
        cell = cells[key]
        cell["count"] += 1
        cell["sum"] += entry["processing_time"]
        cell["times"].append(entry["processing_time"])
        minutes[key, entry["timestamp"] // 60] += 1
        if entry["error_message"]:
            errors[entry["error_message"]] += 1
    for cell in cells.values():
        cell["times"].sort()
        cell["p95"] = cell["times"][len(cell["times"]) * 95 // 100]
    return {"cells": cells, "minutes": minutes, "errors": errors}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not arguments[0].isdigit() or int(arguments[0]) == 0:
        print(__doc__, file=sys.stderr)
        return 2
    log = entries(int(arguments[0]))
    begun = time.process_time()
    folded = fold(log)
    took = time.process_time() - begun
    assert sum(cell["count"] for cell in folded["cells"].values()) == len(log)
    print(f"{len(log) / took:.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
