"""A way to wait until something has changed."""

import asyncio


class Signal:
    """Wakes everyone who waits, each time it is given."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.count = 0

    def give(self) -> int:
        """Wake all who wait; the number of times it has been given."""
        self.count += 1
        event, self._event = self._event, asyncio.Event()
        event.set()
        return self.count

    async def wait(self, seconds: float) -> bool:
        """Whether it was given before so many seconds had passed."""
        event = self._event
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await event.wait()
        except TimeoutError:
            return False
        return True
