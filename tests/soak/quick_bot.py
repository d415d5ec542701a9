"""The real bot, whose clocks look more often: in a soak a second of the machine is a long time."""

from bot import workers
from bot.cli import main

if __name__ == "__main__":
    # only in its own process, and nothing but how soon the next tick comes
    workers.TICK_SECONDS = 0.1
    main()
