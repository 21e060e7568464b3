"""infra/copy_missing.py between two tables of DynamoDB Local, whose address is in DYNAMODB_ENDPOINT."""

import os
import subprocess
import sys
import time
from pathlib import Path

import boto3

SCRIPT = Path(__file__).resolve().parent.parent / "copy_missing.py"
NAMES = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local"}
ENVIRONMENT = os.environ | NAMES | {
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_ENDPOINT_URL_DYNAMODB": os.environ["DYNAMODB_ENDPOINT"],
}
os.environ.update(ENVIRONMENT)


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, SCRIPT, *arguments], env=ENVIRONMENT, capture_output=True, text=True)


def main() -> None:
    client = boto3.client("dynamodb")
    tables = [f"copied-{name}-{os.getpid()}" for name in ("from", "to")]
    for table in tables:
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        client.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        )

    def item(number: int, of: str, expires_in: int = 3_600) -> dict:
        expires_at = str(int(time.time()) + expires_in)
        return {"pk": {"S": f"EVENT#{number}"}, "sk": {"S": "a"}, "of": {"S": of}, "expires_at": {"N": expires_at}}

    source, target = tables
    for number in range(300):
        client.put_item(TableName=source, Item=item(number, "old", -60 if number == 7 else 3_600))
    client.put_item(TableName=source, Item={"pk": {"S": "SETTINGS"}, "sk": {"S": "MUTES"}})
    for number in range(290, 310):
        client.put_item(TableName=target, Item=item(number, "new"))

    for copied in (290, 0):
        done = run(source, target)
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"301 looked at, {copied} copied from {source} to {target}\n", done.stdout
        found = client.scan(TableName=target, ConsistentRead=True)["Items"]
        kept = {item["pk"]["S"]: item.get("of", {}).get("S") for item in found}
        expected = {f"EVENT#{number}": "old" if number < 290 else "new" for number in range(310) if number != 7}
        assert kept == expected | {"SETTINGS": None}, kept
    missing = run(source, "no-such-table")
    assert missing.returncode == 1 and "Run it again" in missing.stderr, missing
    assert run(source, source).returncode == 2 and run().returncode == 2
    print("copy_missing.py: 290 of 301 copied, none overwritten, none the second time")


main()
