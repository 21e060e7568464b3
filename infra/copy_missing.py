"""Copies what a table lacks from another, as after a restore. Overwrites nothing, and may be run again.

    python3 infra/copy_missing.py FROM TO

Both are tables of the same stack's form in the same account and region, by the aws CLI's usual credentials. Entries
that have expired stay behind. Needs boto3, which the SAM CLI brings along.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

# Each part of the source is read and copied by itself.
PARTS = 16


class Progress:
    """Counts of all parts, told once a second on standard error."""

    def __init__(self):
        self.lock, self.told = threading.Lock(), 0.0
        self.looked_at = self.copied = 0

    def add(self, copied: bool) -> None:
        with self.lock:
            self.looked_at += 1
            self.copied += copied
            if time.monotonic() - self.told > 1:
                self.told = time.monotonic()
                print(f"{self.looked_at:,} looked at, {self.copied:,} copied", file=sys.stderr)


def copy_missing(client, source: str, target: str) -> Progress:
    """Every item of `source` that has not expired is in `target` afterwards, or another of its key already was."""
    progress = Progress()
    with ThreadPoolExecutor(PARTS) as pool:
        # list: so that what a part fails with is raised here.
        list(pool.map(lambda part: copy_part(client, source, target, part, progress), range(PARTS)))
    return progress


def copy_part(client, source: str, target: str, part: int, progress: Progress) -> None:
    pages = client.get_paginator("scan").paginate(TableName=source, Segment=part, TotalSegments=PARTS)
    for item in (item for page in pages for item in page["Items"]):
        expires_at = item.get("expires_at", {}).get("N")
        expired = expires_at is not None and float(expires_at) <= time.time()
        progress.add(not expired and put(client, target, item))


def put(client, table: str, item: dict) -> bool:
    try:
        client.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(pk)")
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] == arguments[1]:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        import boto3
        import botocore.exceptions
        from botocore.config import Config
    except ImportError:
        print("boto3 is missing: pip install boto3", file=sys.stderr)
        return 1
    # A table that is written faster than it grows throttles: the client waits and tries again.
    config = Config(max_pool_connections=PARTS, retries={"mode": "adaptive", "max_attempts": 10})
    try:
        done = copy_missing(boto3.client("dynamodb", config=config), *arguments)
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        print(f"stopped: {error}. Run it again: what was copied stays.", file=sys.stderr)
        return 1
    print(f"{done.looked_at:,} looked at, {done.copied:,} copied from {arguments[0]} to {arguments[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
