"""Starts the chat server on HOST and PORT."""

import asyncio
import os
import signal

from chat_server import ChatServer
from plumbing import Plumbing


async def main() -> None:
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "4000"))
    plumbing = Plumbing(ChatServer(), host, port)
    serving = asyncio.create_task(plumbing.serve())
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, serving.cancel)
    print(f"listening on {host}:{port}", flush=True)
    try:
        await serving
    except asyncio.CancelledError:
        pass


if __name__ == "__main__":
    asyncio.run(main())
