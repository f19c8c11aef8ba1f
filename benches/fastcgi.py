"""A minimal FastCGI client (FastCGI specification 1.0): one request at a time over a unix socket.

It asks the peer's process directly, without a web server between them.
"""

import os
import pathlib
import socket
import struct
import subprocess
import time

BEGIN, PARAMS, STDIN, STDOUT, STDERR, END = 1, 4, 5, 6, 7, 3


class FastCgi:
    """A FastCGI program that this starts and asks."""

    def __init__(self, program, path, environment):
        self.path = str(path)
        pathlib.Path(self.path).unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen(8)
        self.environment = environment
        # A FastCGI program finds its listening socket as its standard input.
        self.process = subprocess.Popen(
            [program], stdin=listener.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=os.environ | environment,
        )
        listener.close()

    def get(self, query):
        """The body of a GET, and the milliseconds until it was complete."""
        params = {
            "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "QUERY_STRING": query,
            "SCRIPT_NAME": "/mapserv", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1", **self.environment,
        }
        pairs = b"".join(self.length(k) + self.length(v) + k.encode() + v.encode() for k, v in params.items())
        message = self.frame(BEGIN, struct.pack(">HB5x", 1, 0)) + self.frame(PARAMS, pairs)
        message += self.frame(PARAMS, b"") + self.frame(STDIN, b"")
        started = time.perf_counter()
        out = b""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.path)
            connection.sendall(message)
            stream = connection.makefile("rb", buffering=1 << 16)
            parts = []
            while True:
                head = stream.read(8)
                if len(head) < 8:
                    break
                _, kind, _, length, padding = struct.unpack(">BBHHBx", head)
                content = stream.read(length + padding)[:length]
                if kind == STDOUT:
                    parts.append(content)
                elif kind == END:
                    break
            out = b"".join(parts)
        took = (time.perf_counter() - started) * 1000
        _, _, body = out.partition(b"\r\n\r\n")
        return body, took

    def stop(self):
        # Idle in accept(), a FastCGI program takes no notice of a gentler signal.
        self.process.kill()
        self.process.wait(20)

    @staticmethod
    def length(text):
        size = len(text.encode())
        return struct.pack(">B", size) if size < 128 else struct.pack(">I", size | 0x80000000)

    @staticmethod
    def frame(kind, content):
        return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content
