"""The switches under /sandbox/: time, faults, the network, the bot's process, and the log."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.sandbox import wishes
from bot.sandbox.control import wish, world_of
from bot.sandbox.faults import Fault
from bot.sandbox.travel import Traveller, target_of
from bot.sandbox.world import World

Json = dict[str, Any]
HEARTBEAT_SECONDS = 15.0
QUIET_SECONDS = 0.05


class BotProcess(Protocol):
    """The bot as a process that the sandbox has started."""

    @property
    def standing(self) -> str:
        """How it is: starting, running, restarting, stopped."""

    async def restart(self) -> None:
        """Stop it and start it again."""

    async def invite(self, name: str) -> str:
        """A one-time code for a clinician, or RuntimeError with what the bot said."""


async def order_fault(request: Request) -> Response:
    """The faults that are still to strike."""
    wanted = await wish(request, wishes.OrderedFault)
    faults = world_of(request).faults
    faults.ordered.append(Fault(**wanted.model_dump()))
    return JSONResponse({"ordered": [vars(each) for each in faults.ordered]})


async def call_off_faults(request: Request) -> Response:
    """No fault is to strike any more."""
    await wish(request, wishes.Wish)
    world_of(request).faults.ordered.clear()
    return JSONResponse({"ordered": []})


async def cut_network(request: Request) -> Response:
    """How long the network stays away."""
    wanted = await wish(request, wishes.Network)
    world_of(request).lose_network(wanted.down_for)
    return JSONResponse({"network_back_in": wanted.down_for})


async def see_calls(request: Request) -> Response:
    """The bot's calls since ?after=."""
    after = int(request.query_params.get("after", "0"))
    return JSONResponse({"calls": [c.shown() for c in world_of(request).calls.after(after)]})


async def see_clock(request: Request) -> Response:
    """What time it is here."""
    return JSONResponse(_clock(world_of(request)))


async def set_clock(request: Request) -> Response:
    """What time it is after the change."""
    wanted = await wish(request, wishes.SetClock)
    world_of(request).clock.shift(wanted.offset_seconds)
    world_of(request).changes.give()
    return JSONResponse(_clock(world_of(request)))


async def skip(request: Request) -> Response:
    """The journey in time: under way, or finished when the wish says to wait."""
    wanted = await wish(request, wishes.Skip)
    traveller: Traveller = request.app.state.traveller
    if traveller.travelling:
        raise HTTPException(409, "A journey is under way already.")
    target = _target(world_of(request), wanted)
    if target <= world_of(request).clock.moment():
        raise HTTPException(400, "Time travels forward only: that moment has passed.")
    journey = asyncio.create_task(traveller.travel(target))
    request.app.state.background.add(journey)
    journey.add_done_callback(request.app.state.background.discard)
    if wanted.wait:
        return JSONResponse((await journey).shown())
    return JSONResponse({"target": target.isoformat(), "done": False}, 202)


async def restart(request: Request) -> Response:
    """How the bot's process is after it was restarted."""
    await wish(request, wishes.Wish)
    process = _process(request)
    await process.restart()
    return JSONResponse({"bot": process.standing})


async def invite(request: Request) -> Response:
    """A one-time code for a clinician of that name."""
    wanted = await wish(request, wishes.Invite)
    try:
        return JSONResponse({"code": await _process(request).invite(wanted.name)})
    except RuntimeError as problem:
        raise HTTPException(502, str(problem)) from problem


async def see_state(request: Request) -> Response:
    """How everything stands."""
    world = world_of(request)
    journey = request.app.state.traveller.journey
    process: BotProcess | None = request.app.state.process
    return JSONResponse(
        {
            "bot": process.standing if process else "elsewhere",
            "data_dir": request.app.state.data_dir,
            "clock": _clock(world),
            "travelling": journey.shown() if journey else None,
            "network_back_in": world.network_back_in(),
            "pending_updates": len(world.updates.waiting()),
            "polls": world.poll,
            "webhook": world.webhook.url if world.webhook else "",
            "calls": world.calls.count,
            "faults": [vars(each) for each in world.faults.ordered],
            "refusals": world.refusals,
            "users": [chat.user for chat in world.chats.values()],
        }
    )


async def stream(request: Request) -> Response:
    """A line for every time that something has changed."""
    headers = {"Cache-Control": "no-store"}
    lines = _changes(world_of(request))
    return StreamingResponse(lines, media_type="text/event-stream", headers=headers)


async def _changes(world: World) -> AsyncIterator[str]:
    yield "retry: 500\n\n"
    while not world.closing.is_set():
        yield f"data: {world.changes.count}\n\n"
        await world.changes.wait(HEARTBEAT_SECONDS)
        # Many changes in one breath are one line.
        await asyncio.sleep(QUIET_SECONDS)


def _clock(world: World) -> Json:
    return {"now": world.clock.moment().isoformat(), "offset_seconds": world.clock.offset}


def _target(world: World, wanted: wishes.Skip) -> datetime:
    now = world.clock.moment()
    if wanted.to is not None:
        return wanted.to.astimezone(UTC)
    if wanted.seconds is not None:
        return now + timedelta(seconds=wanted.seconds)
    return target_of(now, wanted.until or "", _zone(wanted.zone))


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise HTTPException(400, f"There is no time zone {name!r}.") from error


def _process(request: Request) -> BotProcess:
    process: BotProcess | None = request.app.state.process
    if process is None:
        raise HTTPException(409, "The bot was not started by this sandbox.")
    return process


ROUTES = [
    Route("/sandbox/faults", order_fault, methods=["POST"]),
    Route("/sandbox/no-faults", call_off_faults, methods=["POST"]),
    Route("/sandbox/network", cut_network, methods=["POST"]),
    Route("/sandbox/calls", see_calls),
    Route("/sandbox/clock", see_clock),
    Route("/sandbox/clock", set_clock, methods=["POST"]),
    Route("/sandbox/skip", skip, methods=["POST"]),
    Route("/sandbox/restart", restart, methods=["POST"]),
    Route("/sandbox/invite", invite, methods=["POST"]),
    Route("/sandbox/state", see_state),
    Route("/sandbox/stream", stream),
]
