"""What a million webhooks cost by design, from the list prices of infra/cost.py.

    python3 infra/bench/price.py            prints the four designs, line by line
    python3 infra/bench/price.py FIGURES    takes measured write units from that file, and appends row 12

The fixed part of a stack is left out everywhere, and so are free tiers. Every design keeps its events for
33 days, as Stripe may resend for 30. An event has 3 KB, as recorded ones have on average.
"""

import json
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import cost

# US dollars, us-east-1, list prices as of November 2025, beside those of infra/cost.py.
REST_API_CALL = 3.50 / 1e6
TRACE = 5.00 / 1e6

EVENT_KB = 3.0
COMPRESSED_KB = 1.0
LOG = cost.LOG_GB / 1e6  # a KB
STORED = cost.MONTHS_KEPT * cost.TABLE_GB_MONTH / 1e6  # a KB
BACKED_UP = cost.MONTHS_KEPT * (cost.TABLE_GB_MONTH + cost.BACKUP_GB_MONTH) / 1e6


def lambda_time(gigabytes: float, seconds: float) -> float:
    return gigabytes * seconds * cost.LAMBDA_GB_SECOND


# One compressed item of a unit behind an HTTP API, in the smallest function: nothing durable is less. No index,
# so no list; no backup; no access log.
FLOOR = {
    "HTTP API": cost.HTTP_API_CALL,
    "Lambda, call": cost.LAMBDA_CALL,
    "Lambda, 128 MB for 10 ms": lambda_time(0.125, 0.010),
    "1 write unit": cost.WRITE_UNIT,
    "1 KB kept": COMPRESSED_KB * STORED,
}

# Python, 512 MB; Powertools' idempotency (two writes) beside the event as it came, an index that projects
# keys, the event in the log, metrics as log lines.
TYPICAL = {
    "HTTP API": cost.HTTP_API_CALL,
    "Lambda, call": cost.LAMBDA_CALL,
    "Lambda, 512 MB for 30 ms": lambda_time(0.5, 0.030),
    "event, 4 write units": 4 * cost.WRITE_UNIT,
    "index of keys, 1 write unit": cost.WRITE_UNIT,
    "idempotency, 2 write units": 2 * cost.WRITE_UNIT,
    "log, 4.5 KB": (EVENT_KB + 1.5) * LOG,
    "3.5 KB kept": 3.5 * STORED,
}

# A REST API, 1 GB, the event indexed whole and updated when it is done, metrics by call, traced.
CARELESS = {
    "REST API": REST_API_CALL,
    "Lambda, call": cost.LAMBDA_CALL,
    "Lambda, 1 GB for 100 ms": lambda_time(1.0, 0.100),
    "event, 4 write units": 4 * cost.WRITE_UNIT,
    "index of everything, 4 write units": 4 * cost.WRITE_UNIT,
    "status updated in both, 8 write units": 8 * cost.WRITE_UNIT,
    "PutMetricData, once": cost.METRIC_CALL,
    "X-Ray": TRACE,
    "log, 8 KB": 8 * LOG,
    "7 KB kept, with backup": 7 * BACKED_UP,
}


def ours(count: int) -> float:
    """For so many events a month, without the fixed part."""
    return cost.of_events(count)


def table() -> str:
    lines = []
    for name, design in (("floor", FLOOR), ("typical", TYPICAL), ("careless", CARELESS)):
        lines += [f"{name}, a million events: ${1e6 * sum(design.values()):.2f}"]
        lines += [f"  {price * 1e6:6.2f}  {what}" for what, price in design.items()]
    lines += [f"Hookwatch, a million events: ${ours(1_000_000):.2f}"]
    return "\n".join(lines)


def exponent() -> float:
    """Of cost against volume, by least squares over logarithms."""
    points = [(math.log(count), math.log(ours(count))) for count in cost.TIMES]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


def figures() -> list[dict]:
    million = ours(1_000_000) / 1_000_000
    floor, typical, careless = (sum(design.values()) for design in (FLOOR, TYPICAL, CARELESS))
    return [
        {"row": 12, "what": "a million events, $, times the floor", "value": million / floor, "target": {"at_most": 1.4}},
        {"row": 12, "what": "a careless design, times ours", "value": careless / million, "target": {"at_least": 10.0}},
        {"row": 12, "what": "a typical design, times ours", "value": typical / million, "target": {"at_least": 1.9}},
        {"row": 12, "what": "exponent of cost against volume, off 1", "value": abs(exponent() - 1), "target": {"at_most": 0.01}},
    ]


def main(arguments: list[str]) -> int:
    if len(arguments) > 1:
        print(__doc__, file=sys.stderr)
        return 2
    if arguments:
        path = Path(arguments[0])
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        units = [line["value"] for line in lines if line["row"] == 6 and "as deployed" in line["what"]]
        if not units:
            print(f"price: {path} has no write units: run the benchmark write_budget first", file=sys.stderr)
            return 1
        cost.WRITE_UNITS = units[0]
        with path.open("a") as file:
            file.writelines(json.dumps(figure) + "\n" for figure in figures())
    print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
