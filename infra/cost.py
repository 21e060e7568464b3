"""The monthly bill of a stack, from list prices.

    python3 infra/cost.py           prints the table
    python3 infra/cost.py --check   fails unless infra/deploy.md shows the same table

An event is one webhook that Stripe delivers once. Free tiers are left out. What is measured is measured by
`cargo bench -p tests --bench write_budget` (write units, sizes) and `--bench run` (a run of the health check),
and noted in README.md and CONTRIBUTING.md.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# US dollars, us-east-1, list prices as of November 2025; look them up before you rely on them.
HTTP_API_CALL = 1.00 / 1e6
LAMBDA_CALL = 0.20 / 1e6
LAMBDA_GB_SECOND = 0.0000166667  # x86-64
WRITE_UNIT = 0.625 / 1e6
READ_UNIT = 0.125 / 1e6
TABLE_GB_MONTH = 0.25
BACKUP_GB_MONTH = 0.20  # point-in-time recovery
LOG_GB = 0.50
METRIC_MONTH = 0.30
ALARM_MONTH = 0.10
COMPOSITE_ALARM_MONTH = 0.50
METRIC_CALL = 0.01 / 1e3
SECRET_MONTH = 0.40
DASHBOARD_MONTH = 3.00

# Of one event.
WRITE_UNITS = 2.1  # the item and its place in the time index, on average
RECEIVER_GB = 128 / 1024
RECEIVER_SECONDS = 0.010  # nearly all of it waiting for the table
ITEM_KB = 1.4  # with the index entry and DynamoDB's own 100 bytes each
OBJECT_ENTRY_KB = 0.5  # the same of an entry of the index by object, which is put for one unit more
MONTHS_KEPT = 33 / 30  # a first delivery lives 33 days at least
ACCESS_LOG_KB = 0.45

# Of a month, whatever comes.
RUNS = 12 * 24 * 30
RUN_SECONDS = 1.0
RUN_GB = 512 / 1024
RUN_WRITE_UNITS = 21  # the last one for the probe of the front door
RUN_READ_UNITS = 60
RUN_METRIC_CALLS = 1
METRICS = 26
ALARMS_OF_HEALTH_CHECK = 16
COMPOSITE_ALARMS = 2

TIMES = (10_000, 100_000, 1_000_000, 10_000_000)


def declared(kind: str) -> int:
    """How many resources of a kind template.yaml has."""
    text = (ROOT / "template.yaml").read_text()
    return len(re.findall(rf"^    Type: {re.escape(kind)}$", text, re.MULTILINE))


def fixed() -> float:
    """What a stack costs a month without a single event."""
    alarms = declared("AWS::CloudWatch::Alarm") + ALARMS_OF_HEALTH_CHECK
    run = (
        2 * LAMBDA_CALL  # its own, and that of its probe
        + HTTP_API_CALL
        + RUN_SECONDS * RUN_GB * LAMBDA_GB_SECOND
        + RUN_WRITE_UNITS * WRITE_UNIT
        + RUN_READ_UNITS * READ_UNIT
        + RUN_METRIC_CALLS * METRIC_CALL
    )
    return (
        METRICS * METRIC_MONTH
        + alarms * ALARM_MONTH
        + COMPOSITE_ALARMS * COMPOSITE_ALARM_MONTH
        + declared("AWS::SecretsManager::Secret") * SECRET_MONTH
        + declared("AWS::CloudWatch::Dashboard") * DASHBOARD_MONTH
        + RUNS * run
    )


def of_events(count: int) -> float:
    """What so many events a month add."""
    kept_gb = count * MONTHS_KEPT * ITEM_KB / 1e6
    return (
        count
        * (
            HTTP_API_CALL
            + LAMBDA_CALL
            + RECEIVER_SECONDS * RECEIVER_GB * LAMBDA_GB_SECOND
            + WRITE_UNITS * WRITE_UNIT
            + ACCESS_LOG_KB / 1e6 * LOG_GB
        )
        # Each is read twice for its roll-up, from the index: half a unit for 4 KB, eight entries or so.
        + count * 2 / 8 * READ_UNIT / 2
        + kept_gb * (TABLE_GB_MONTH + BACKUP_GB_MONTH)
    )


def of_index(count: int) -> float:
    """What `EntityIndex=on` adds for so many events a month."""
    kept_gb = count * MONTHS_KEPT * OBJECT_ENTRY_KB / 1e6
    return count * WRITE_UNIT + kept_gb * (TABLE_GB_MONTH + BACKUP_GB_MONTH)


def table() -> str:
    """The table as infra/deploy.md has it."""
    rows = ["| events a month | fixed | for the events | for their index by object | together |", "|---:" * 5 + "|"]
    for count in TIMES:
        parts = (fixed(), of_events(count), of_index(count))
        rows.append(f"| {count:,} | " + " | ".join(f"${part:.2f}" for part in (*parts, sum(parts))) + " |")
    return "\n".join(rows)


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        shown = table() in (ROOT / "infra/deploy.md").read_text()
        if not shown:
            print(f"infra/deploy.md should show:\n{table()}", file=sys.stderr)
        return 0 if shown else 1
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
