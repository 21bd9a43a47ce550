"""Which channels may be opened. Look-ups of the same moment are answered together, as the moderation service would want it."""

import asyncio

BANNED_NAMES = frozenset({"banned-by-moderation"})


class Moderation:
    def __init__(self) -> None:
        self._waiting: list[tuple[str, asyncio.Future[bool]]] = []

    async def allows(self, name: str) -> bool:
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._answer)
        answer: asyncio.Future[bool] = loop.create_future()
        self._waiting.append((name, answer))
        return await answer

    def _answer(self) -> None:
        waiting, self._waiting = self._waiting, []
        for name, answer in waiting:
            if not answer.done():
                answer.set_result(name not in BANNED_NAMES)
