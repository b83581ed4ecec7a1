# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for the services of agents' makers, just large enough for an agent to do one task.

Each serves https at the maker's own name on the internet of the tests (internet.py). While the agent offers a tool that runs
commands and has not used it in the conversation, the answer is its use; after that a closing sentence."""

import http.server
import json

CLOSING = "The task is done."


def events(*all_events):
    """A stream of server-sent events."""
    return "".join((f"event: {e['type']}\n" if "type" in e else "") + f"data: {json.dumps(e)}\n\n"
                   for e in all_events).encode()


class StandIn:
    """command: what the agent is told to run; requests: what was asked, as path and body."""

    def __init__(self, command):
        self.command = command
        self.requests = []
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                # Also for web sockets: there are none.
                self.send_error(426 if "Upgrade" in self.headers else 404)

            def do_POST(self):
                data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                try:
                    body = json.loads(data)
                except ValueError:
                    body = {}
                stand_in.requests.append((self.path, body))
                self.reply(*stand_in.answer(self.path, body))

            def reply(self, data, kind):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.handler = Handler

    def serve(self, connection, server):
        """For internet.serve()."""
        self.handler(connection, (server.address, server.port), server)


class MessagesApi(StandIn):
    """For Claude Code."""

    def answer(self, path, body):
        if path.split("?")[0].endswith("/count_tokens"):
            return json.dumps({"input_tokens": 1}).encode(), "application/json"
        offered = any(tool.get("name") == "Bash" for tool in body.get("tools", []))
        used = "tool_result" in json.dumps(body.get("messages", []))
        block = {"type": "text", "text": CLOSING}
        if offered and not used:
            block = {"type": "tool_use", "id": "toolu_1", "name": "Bash",
                     "input": {"command": self.command, "description": "Does the task"}}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body.get("model", "stand-in"),
                   "content": [block], "stop_reason": "tool_use" if block["type"] == "tool_use" else "end_turn",
                   "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
        if not body.get("stream"):
            return json.dumps(message).encode(), "application/json"
        return self.stream(message, block), "text/event-stream"

    @staticmethod
    def stream(message, block):
        if block["type"] == "text":
            start, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            start = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        return events(
            {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
            {"type": "content_block_start", "index": 0, "content_block": start},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": message["stop_reason"], "stop_sequence": None},
             "usage": {"output_tokens": 1}},
            {"type": "message_stop"},
        )


class ResponsesApi(StandIn):
    """For Codex."""

    # Its tools for commands have changed: name -> the arguments for one.
    TOOLS = {
        "exec_command": lambda command: {"cmd": command},
        "shell_command": lambda command: {"command": command},
        "shell": lambda command: {"command": ["sh", "-c", command]},
    }

    def answer(self, path, body):
        if not path.split("?")[0].endswith("/responses"):
            return b"{}", "application/json"
        offered = [tool.get("name") for tool in body.get("tools", []) if tool.get("name") in self.TOOLS]
        used = any(item.get("type") == "function_call_output" for item in body.get("input", []))
        item = {"type": "message", "role": "assistant", "id": "msg_1", "content": [{"type": "output_text", "text": CLOSING}]}
        if offered and not used:
            arguments = self.TOOLS[offered[0]](self.command)
            item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": offered[0],
                    "arguments": json.dumps(arguments)}
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2, "input_tokens_details": None,
                 "output_tokens_details": None}
        return events({"type": "response.created", "response": {"id": "resp_1"}},
                      {"type": "response.output_item.done", "output_index": 0, "item": item},
                      {"type": "response.completed", "response": {"id": "resp_1", "output": [item], "usage": usage}},
                      ), "text/event-stream"


class GenerateApi(StandIn):
    """For Gemini CLI."""

    def answer(self, path, body):
        tools = [f.get("name") for tool in body.get("tools", []) for f in tool.get("functionDeclarations", [])]
        used = "functionResponse" in json.dumps(body.get("contents", []))
        part = {"text": CLOSING}
        if "run_shell_command" in tools and not used:
            part = {"functionCall": {"name": "run_shell_command", "args": {"command": self.command}}}
        elif body.get("generationConfig", {}).get("responseMimeType") == "application/json":
            # It asks which model is to answer.
            part = {"text": json.dumps({"reasoning": "simple", "model_choice": "flash", "complexity_score": 1,
                                        "complexity_reasoning": "simple"})}
        answer = {"candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
                  "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}}
        if path.split("?")[0].endswith(":countTokens"):
            return b'{"totalTokens": 1}', "application/json"
        if ":stream" in path:
            return events(answer), "text/event-stream"
        return json.dumps(answer).encode(), "application/json"
