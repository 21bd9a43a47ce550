"""Starts one node, as the environment says: NODE, HOST, PORT, PEERS and DATA_DIR."""

import os
import signal
import threading

from http_door import HttpDoor
from peer import parse_peers
from store import Store


def main() -> None:
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())

    name = os.environ.get("NODE", "a")
    folder = os.environ.get("DATA_DIR", "data")
    os.makedirs(folder, exist_ok=True)
    store = Store(name, folder, parse_peers(os.environ.get("PEERS", ""), name))
    door = HttpDoor(os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "7000")), store)
    threading.Thread(target=door.serve_forever, args=(0.05,), daemon=True).start()

    def start() -> None:
        try:
            store.start()
            door.serves_clients = True
        except BaseException:
            ending.set()
            raise

    starting = threading.Thread(target=start, daemon=True)
    starting.start()
    ending.wait()
    door.close()
    if door.serves_clients:
        store.stop()
    os._exit(0 if door.serves_clients or starting.is_alive() else 1)


main()
