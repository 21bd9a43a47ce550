"""Starts the chat server on HOST and PORT."""

import os
import signal

from chat_server import ChatServer
from plumbing import Plumbing

if __name__ == "__main__":
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "4000"))
    plumbing = Plumbing(ChatServer(), host, port)
    signal.signal(signal.SIGTERM, lambda *_: plumbing.stop())
    signal.signal(signal.SIGINT, lambda *_: plumbing.stop())
    print(f"listening on {host}:{port}", flush=True)
    plumbing.run()
