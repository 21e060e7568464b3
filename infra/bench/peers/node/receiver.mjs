// A receiver of Stripe's webhooks with the AWS SDK v3 and stripe, bundled by esbuild as SAM does it.
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import Stripe from 'stripe';

const KEPT_SECONDS = 33 * 86_400;
const { STRIPE_WEBHOOK_SECRET, TABLE_NAME } = process.env;
// Nothing is asked of Stripe's API; the library wants a key all the same.
const stripe = new Stripe('sk_test_unused');
const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient({}));

const answer = (statusCode, body) => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

export const handler = async (request) => {
  const payload = request.isBase64Encoded
    ? Buffer.from(request.body, 'base64').toString('utf8')
    : (request.body ?? '');
  let event;
  try {
    const header = request.headers['stripe-signature'] ?? '';
    event = stripe.webhooks.constructEvent(payload, header, STRIPE_WEBHOOK_SECRET);
  } catch {
    return answer(400, { error: 'invalid signature' });
  }
  const now = Math.floor(Date.now() / 1000);
  try {
    await dynamodb.send(new PutCommand({
      TableName: TABLE_NAME,
      Item: {
        pk: `EVENT#${event.id}`,
        sk: 'DELIVERY',
        type: event.type,
        created: event.created,
        livemode: event.livemode,
        received_at: now,
        expires_at: now + KEPT_SECONDS,
        payload,
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    }));
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) {
      return answer(200, { received: true, duplicate: true });
    }
    throw error;
  }
  console.log(JSON.stringify({ level: 'INFO', message: 'event stored', event_id: event.id }));
  return answer(200, { received: true });
};
