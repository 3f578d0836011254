"""Receives messages of a webhook and verifies their signatures.  WEBHOOK_SECRET=whsec_… python3 receiver.py 9000"""
import base64, hmac, json, os, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

key = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
seen = set()  # in production, keep them in a database

def genuine(headers, body):
    message, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent.isdecimal() or abs(time.time() - int(sent)) > 300:  # it may be a replay
        return False
    signature = base64.b64encode(hmac.digest(key, f"{message}.{sent}.".encode() + body, "sha256")).decode()
    return any(hmac.compare_digest("v1," + signature, one) for one in headers.get("webhook-signature", "").split())

class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        valid = genuine(self.headers, body)
        if valid and self.headers["webhook-id"] not in seen:  # the same message may be sent twice
            message = json.loads(body)
            print(message["type"], *(f'{c["op"]} {c["type"]}/{c["id"]}' for c in message["data"].get("changes", [])), flush=True)
            seen.add(self.headers["webhook-id"])
        self.send_response(204 if valid else 401)  # send 204 only after the work is done: the registry retries otherwise
        self.end_headers()

    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
