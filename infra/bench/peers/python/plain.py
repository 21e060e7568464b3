"""A receiver of Stripe's webhooks with boto3 alone: the client, not the resource, and the signature by hand."""

import base64
import hashlib
import hmac
import json
import os
import time

import boto3

SECRET = os.environ["STRIPE_WEBHOOK_SECRET"].encode()
TABLE = os.environ["TABLE_NAME"]
TOLERANCE_SECONDS = 300
KEPT_SECONDS = 33 * 86_400
dynamodb = boto3.client("dynamodb")


def is_genuine(header: str, payload: bytes, now: int) -> bool:
    pairs = [part.split("=", 1) for part in header.split(",") if "=" in part]
    sent_at = next((value for name, value in pairs if name == "t"), "")
    if not sent_at.isdigit() or abs(now - int(sent_at)) > TOLERANCE_SECONDS:
        return False
    expected = hmac.new(SECRET, sent_at.encode() + b"." + payload, hashlib.sha256).hexdigest()
    return any(name == "v1" and hmac.compare_digest(value, expected) for name, value in pairs)


def answer(status: int, body: dict) -> dict:
    headers = {"content-type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}


def handler(event, context):
    payload = event.get("body", "").encode()
    if event.get("isBase64Encoded"):
        payload = base64.b64decode(payload)
    now = int(time.time())
    if not is_genuine(event["headers"].get("stripe-signature", ""), payload, now):
        return answer(400, {"error": "invalid signature"})
    stripe_event = json.loads(payload)
    try:
        dynamodb.put_item(
            TableName=TABLE,
            Item={
                "pk": {"S": f"EVENT#{stripe_event['id']}"},
                "sk": {"S": "DELIVERY"},
                "type": {"S": stripe_event["type"]},
                "created": {"N": str(stripe_event["created"])},
                "livemode": {"BOOL": stripe_event["livemode"]},
                "received_at": {"N": str(now)},
                "expires_at": {"N": str(now + KEPT_SECONDS)},
                "payload": {"S": payload.decode()},
            },
            ConditionExpression="attribute_not_exists(pk)",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return answer(200, {"received": True, "duplicate": True})
    return answer(200, {"received": True})
