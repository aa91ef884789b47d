"""A server that answers what it is told, however wrong that is."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Quiet(ThreadingHTTPServer):
    """Callers that hang up are no news."""

    def handle_error(self, request, client_address):
        pass


class ScriptedServer:
    """Gives the prepared answers in order, the last one again and again; notes what was asked."""

    def __init__(self):
        self.answers = []
        self.asked = []
        self.headers = []
        self.bodies = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                script.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                script.asked.append(f"{self.command} {self.path}")
                script.headers.append(dict(self.headers))
                script.next_answer()(self)

            def log_message(self, *args):
                pass

        for method in ("GET", "POST", "PUT"):
            setattr(Handler, f"do_{method}", Handler.answer)
        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *args):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wrap(self, context):
        """Speak TLS from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def next_answer(self):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def says(body, status=200, **headers):
    """Answer with a JSON value or with raw bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler):
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(raw)

    return answer


def hangs_up(handler):
    """Break the connection without an answer."""
    handler.close_connection = True


def drips(handler):
    """Send the body a byte at a time, each of them in good time."""
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(100):
            handler.wfile.write(b" ")
            time.sleep(0.05)
    except OSError:
        handler.close_connection = True
