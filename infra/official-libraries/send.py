"""Stripe's library for Python as the sender, and as the receiver of what `local send` signs. A line
for each check, `ok ...` or `FAILED ...`; exits with 1 when one failed. Started by
infra/official-libraries.sh; send.mjs is the same for Node.js."""

import json
import secrets
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import stripe

ADDRESS, LOCAL, SECRET, FIXTURES = sys.argv[1:5]
CLIENT = stripe.StripeClient("sk_test_unused")


def sample(name):
    """A recorded event with an id of its own."""
    text = Path(FIXTURES, f"{name}.json").read_bytes().decode("utf-8")
    return text.replace(json.loads(text)["id"], f"evt_{secrets.token_hex(12)}")


def altered(text, old, new):
    if old not in text:
        raise AssertionError(f"there is no {old} to replace")
    return text.replace(old, new)


def changed(body):
    """The same event with another content, which no longer fits its signature."""
    return altered(body, '"livemode": false', '"livemode": true')


# Plain, beyond ASCII, beyond 16 bits, CRLF, thin.
SAMPLES = {
    "plain": sample("charge.succeeded"),
    "non-ASCII": sample("invoice.created"),
    "four-byte UTF-8": altered(sample("customer.created"), '"name": null', '"name": "Žofie 東京 😀"'),
    "CRLF": altered(sample("charge.failed"), "\n", "\r\n"),
    "thin": sample("thin.v1.charge.succeeded"),
}


def expect(seen, expected, what):
    if seen != expected:
        raise AssertionError(f"{what} is {seen}, not {expected}")


def ask(path, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(ADDRESS + path, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None


def post(body, header):
    content_type = "application/json; charset=utf-8"
    path = "/webhooks/stripe"
    return ask(path, body.encode(), stripe_signature=header, content_type=content_type)[0]


def delivers(body):
    header = stripe.WebhookSignature.generate_signature_header(body, SECRET)
    expect(post(body, header), 200, "the status")
    expect(post(changed(body), header), 400, "the status of the changed body")
    path = f"/v1/events/{json.loads(body)['id']}?payload=true"
    status, event = ask(path, authorization="Bearer local-operator")
    expect(status, 200, "the operations API's status")
    statuses = [delivery["status"] for delivery in event["deliveries"]]
    expect(statuses, ["received"], "the deliveries")
    expect(event["payload"]["body"] == body, True, "that the logged body is the one sent")


def verify(body, header):
    """The library's own verdict: the event, or what it raises."""
    if b'"v2.core.event"' in body:
        return CLIENT.parse_event_notification(body, header, SECRET)
    return stripe.Webhook.construct_event(body, header, SECRET)


class Endpoint(BaseHTTPRequestHandler):
    """An endpoint as Stripe's documentation shows it; what `local send` sends, it verifies."""

    seen = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        header = self.headers["stripe-signature"]
        self.seen.append((body, header))
        try:
            verify(body, header)
            self.send_response(200)
        except stripe.SignatureVerificationError:
            self.send_response(400)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Says nothing."""


def accepts(body):
    Endpoint.seen.clear()
    with tempfile.TemporaryDirectory() as folder, HTTPServer(("127.0.0.1", 0), Endpoint) as endpoint:
        threading.Thread(target=endpoint.serve_forever, daemon=True).start()
        file = Path(folder, "event.json")
        file.write_bytes(body.encode())
        # It exits with 1 when the answer to a genuine event is not 2xx, or that to a forged one not 400.
        send = [LOCAL, "send", "--file", file, "--port", str(endpoint.server_port), "--secret", SECRET]
        for command in (send, [*send, "--forged"]):
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
            expect(done.returncode, 0, f"the exit code of local send ({done.stdout.strip()})")
        endpoint.shutdown()
    expect(len(Endpoint.seen), 2, "the number of requests")
    received, header = Endpoint.seen[0]
    expect(received == body.encode(), True, "that the body came as it is in the file")
    expect(verify(received, header).id, json.loads(body)["id"], "the id")
    try:
        verify(changed(body).encode(), header)
    except stripe.SignatureVerificationError:
        return
    raise AssertionError("the library accepts the changed body")


def main():
    failed = 0
    for name, body in SAMPLES.items():
        for what, test in (
            ("signed by the library, logged by Hookwatch", delivers),
            ("signed by local send, accepted by the library", accepts),
        ):
            try:
                test(body)
                print(f"ok python, {name}: {what}")
            except Exception as error:  # Whatever it is, the other checks go on.
                failed += 1
                print(f"FAILED python, {name}: {what}: {(str(error) or repr(error)).splitlines()[0]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
