"""APScheduler with a job for each patient in its SQLAlchemy store: to add them, to run them."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

LEFT: set[int] = set()
DONE = asyncio.Event()


async def ring(patient: int) -> None:
    """A nudge falls due; nothing is decided and nothing sent."""
    LEFT.discard(patient)
    if not LEFT:
        DONE.set()


async def main(jobs: int) -> None:
    """Print the processor's seconds to add them, and those until all have run."""
    LEFT.update(range(jobs))
    file = Path(os.environ["DATA_DIR"]) / "jobs.sqlite3"
    store = SQLAlchemyJobStore(url=f"sqlite:///{file}")
    scheduler = AsyncIOScheduler(jobstores={"default": store}, timezone=UTC)
    scheduler.start(paused=True)
    due, began = datetime.now(UTC), time.process_time()
    for patient in range(jobs):
        scheduler.add_job(
            ring, "date", run_date=due, args=[patient], id=str(patient), misfire_grace_time=None
        )
    added = time.process_time() - began
    began = time.process_time()
    scheduler.resume()
    await DONE.wait()
    sys.stdout.write(f"{added:.2f} {time.process_time() - began:.2f}\n")
    scheduler.shutdown(wait=False)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
