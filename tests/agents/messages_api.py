# SPDX-License-Identifier: Apache-2.0
"""A stand-in for a messages API on loopback, just large enough for an agent to do one task.

The first request of a conversation that offers the tool "Write" is answered with its use; the next, which
carries the result, with a closing sentence. Everything is streamed as server-sent events when asked for.
"""

import http.server
import json
import threading


def _tool_use(path, content):
    return {"type": "tool_use", "id": "toolu_1", "name": "Write",
            "input": {"file_path": path, "content": content}}


def _text(words):
    return {"type": "text", "text": words}


def _message(model, block, reason):
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": [block],
            "stop_reason": reason, "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1}}


def _events(message):
    """The stream that stands for one message."""
    block = message["content"][0]
    yield {"type": "message_start", "message": dict(message, content=[], stop_reason=None)}
    if block["type"] == "text":
        yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        yield {"type": "content_block_delta", "index": 0,
               "delta": {"type": "text_delta", "text": block["text"]}}
    else:
        yield {"type": "content_block_start", "index": 0, "content_block": dict(block, input={})}
        yield {"type": "content_block_delta", "index": 0,
               "delta": {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}}
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "message_delta", "delta": {"stop_reason": message["stop_reason"], "stop_sequence": None},
           "usage": {"output_tokens": 1}}
    yield {"type": "message_stop"}


class MessagesApi:
    """Serves on a free port of loopback until closed; ``requests`` holds what was asked."""

    def __init__(self, path, content):
        self.path = path
        self.content = content
        self.requests = []
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_HEAD(self):
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_HEAD

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
                api.requests.append((self.path, body))
                if self.path.split("?")[0].endswith("/count_tokens"):
                    self.reply(json.dumps({"input_tokens": 1}).encode(), "application/json")
                    return
                message = api.answer(body)
                if body.get("stream"):
                    stream = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
                                     for event in _events(message))
                    self.reply(stream.encode(), "text/event-stream")
                else:
                    self.reply(json.dumps(message).encode(), "application/json")

            def reply(self, data, kind):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, body):
        model = body.get("model", "stand-in")
        offered = any(tool.get("name") == "Write" for tool in body.get("tools", []))
        done = "tool_result" in json.dumps(body.get("messages", []))
        if offered and not done:
            return _message(model, _tool_use(self.path, self.content), "tool_use")
        return _message(model, _text("The file is written."), "end_turn")

    def close(self):
        self.server.shutdown()
        self.server.server_close()
