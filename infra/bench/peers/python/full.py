"""A receiver of Stripe's webhooks with boto3, stripe and Powertools, as their documentation shows them."""

import json
import os
import time

import boto3
import stripe
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError

logger = Logger(service="webhooks")
metrics = Metrics(namespace="Webhooks", service="webhooks")
app = APIGatewayHttpResolver()

SECRET = os.environ["STRIPE_WEBHOOK_SECRET"]
KEPT_SECONDS = 33 * 86_400
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def answer(status: int, body: dict) -> Response:
    return Response(status, "application/json", json.dumps(body))


@app.post("/webhooks/stripe")
def receive() -> Response:
    payload = app.current_event.decoded_body
    header = app.current_event.headers.get("stripe-signature", "")
    try:
        event = stripe.Webhook.construct_event(payload, header, SECRET)
    except (ValueError, stripe.SignatureVerificationError):
        logger.warning("invalid signature")
        metrics.add_metric(name="Rejected", unit=MetricUnit.Count, value=1)
        return answer(400, {"error": "invalid signature"})
    now = int(time.time())
    try:
        table.put_item(
            Item={
                "pk": f"EVENT#{event.id}",
                "sk": "DELIVERY",
                "type": event.type,
                "created": event.created,
                "livemode": event.livemode,
                "received_at": now,
                "expires_at": now + KEPT_SECONDS,
                "payload": payload,
            },
            ConditionExpression="attribute_not_exists(pk)",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return answer(200, {"received": True, "duplicate": True})
    logger.info("event stored", event_id=event.id, event_type=event.type)
    metrics.add_metric(name="Stored", unit=MetricUnit.Count, value=1)
    return answer(200, {"received": True})


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event, context):
    return app.resolve(event, context)
