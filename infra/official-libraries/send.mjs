// Stripe's library for Node.js as the sender, and as the receiver of what `local send` signs. A line
// for each check, `ok ...` or `FAILED ...`; exits with 1 when one failed. Started by
// infra/official-libraries.sh; send.py is the same for Python.

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const Stripe = createRequire(import.meta.url)(process.env.STRIPE_LIBRARY);
const [address, local, secret, fixtures] = process.argv.slice(2);
const stripe = new Stripe("sk_test_unused");
let failed = 0;

// Recorded events with ids of their own: plain, beyond ASCII, beyond 16 bits, CRLF, thin.
const samples = {
  plain: sample("charge.succeeded"),
  "non-ASCII": sample("invoice.created"),
  "four-byte UTF-8": altered(sample("customer.created"), '"name": null', '"name": "Žofie 東京 😀"'),
  CRLF: altered(sample("charge.failed"), "\n", "\r\n"),
  thin: sample("thin.v1.charge.succeeded"),
};

function sample(name) {
  const text = readFileSync(join(fixtures, `${name}.json`), "utf8");
  return text.replaceAll(JSON.parse(text).id, `evt_${randomBytes(12).toString("hex")}`);
}

function altered(text, from, to) {
  if (!text.includes(from)) throw new Error(`there is no ${from} to replace`);
  return text.replaceAll(from, to);
}

// The same event with another content, which no longer fits its signature.
function changed(body) {
  return altered(body, '"livemode": false', '"livemode": true');
}

async function check(name, test) {
  try {
    await test();
    console.log(`ok node, ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED node, ${name}: ${error.message.split("\n")[0]}`);
  }
}

function expect(seen, expected, what) {
  if (seen !== expected) throw new Error(`${what} is ${seen}, not ${expected}`);
}

async function post(body, header) {
  const headers = { "content-type": "application/json; charset=utf-8", "stripe-signature": header };
  return fetch(`${address}/webhooks/stripe`, { method: "POST", headers, body });
}

async function logged(id) {
  const headers = { authorization: "Bearer local-operator" };
  const answer = await fetch(`${address}/v1/events/${id}?payload=true`, { headers });
  expect(answer.status, 200, "the operations API's status");
  return answer.json();
}

async function delivers(body) {
  const header = stripe.webhooks.generateTestHeaderString({ payload: body, secret });
  expect((await post(body, header)).status, 200, "the status");
  expect((await post(changed(body), header)).status, 400, "the status of the changed body");
  const { id } = JSON.parse(body);
  const event = await logged(id);
  expect(event.deliveries.length, 1, "the number of deliveries");
  expect(event.deliveries[0].status, "received", "the status of the delivery");
  expect(event.payload.body === body, true, "that the logged body is the one sent");
}

// The library's own verdict: the event, or what it throws.
function verify(body, header) {
  const thin = body.includes('"v2.core.event"');
  return thin
    ? stripe.parseEventNotification(body, header, secret)
    : stripe.webhooks.constructEvent(body, header, secret);
}

// An endpoint as Stripe's documentation shows it; what `local send` sends, it verifies.
async function accepts(body) {
  const seen = [];
  const endpoint = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const header = request.headers["stripe-signature"];
    seen.push({ body: Buffer.concat(chunks), header });
    try {
      verify(Buffer.concat(chunks), header);
      response.writeHead(200).end("{}");
    } catch {
      response.writeHead(400).end("{}");
    }
  });
  await new Promise((ready) => endpoint.listen(0, "127.0.0.1", ready));
  const folder = mkdtempSync(join(tmpdir(), "official-libraries-"));
  try {
    const file = join(folder, "event.json");
    writeFileSync(file, body);
    const port = String(endpoint.address().port);
    // It exits with 1 when the answer to a genuine event is not 2xx, or that to a forged one not 400.
    const send = ["send", "--file", file, "--port", port, "--secret", secret];
    await promisify(execFile)(local, send);
    await promisify(execFile)(local, [...send, "--forged"]);
    expect(seen.length, 2, "the number of requests");
    expect(seen[0].body.equals(Buffer.from(body)), true, "that the body came as it is in the file");
    expect(verify(seen[0].body, seen[0].header).id, JSON.parse(body).id, "the id");
    let refusal = null;
    try {
      verify(Buffer.from(changed(body)), seen[0].header);
    } catch (error) {
      refusal = error.type;
    }
    expect(refusal, "StripeSignatureVerificationError", "the verdict on the changed body");
  } finally {
    endpoint.close();
    rmSync(folder, { recursive: true });
  }
}

for (const [name, body] of Object.entries(samples)) {
  await check(`${name}: signed by the library, logged by Hookwatch`, () => delivers(body));
  await check(`${name}: signed by local send, accepted by the library`, () => accepts(body));
}
process.exitCode = failed === 0 ? 0 : 1;
