"""The control interface under /sandbox/: people's acts, and what they see."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.sandbox import crowd, people, wishes
from bot.sandbox.transcript import chat_view, transcript
from bot.sandbox.world import World

Json = dict[str, Any]
Endpoint = Callable[[Request], Awaitable[Response]]
W = TypeVar("W", bound=BaseModel)
FIRST_PERSON = 1001


def world_of(request: Request) -> World:
    """The world behind a request."""
    world: World = request.app.state.world
    return world


async def wish(request: Request, kind: type[W]) -> W:
    """The body of a request as the wish that it states, or a 400 that says what is wrong."""
    _check_origin(request)
    try:
        return kind.model_validate_json(await request.body() or b"{}")
    except ValidationError as error:
        problems = [{"at": e["loc"], "problem": e["msg"]} for e in error.errors()]
        raise HTTPException(400, str(problems)) from error


def _check_origin(request: Request) -> None:
    # Another site open in the same browser must not press the sandbox's buttons.
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "Only the sandbox's own page may do this.")


def act(kind: type[W], do: Callable[[World, W], Json]) -> Endpoint:
    """The endpoint that carries out a person's act and says what was sent."""

    async def endpoint(request: Request) -> Response:
        wanted = await wish(request, kind)
        try:
            return JSONResponse(do(world_of(request), wanted))
        except people.Impossible as problem:
            raise HTTPException(409, str(problem)) from problem

    return endpoint


def add_person(world: World, wanted: wishes.Person) -> Json:
    """The account of a person who is now known."""
    number = wanted.id if wanted.id is not None else FIRST_PERSON + len(world.chats)
    named = wanted.model_dump(exclude_none=True)
    return world.add_person({**named, "id": number, "is_bot": False}).user


def again(world: World, wanted: wishes.Again) -> Json:
    """The number under which an update comes once more."""
    number = world.updates.again(wanted.update_id, as_new=wanted.as_new)
    if number is None:
        raise people.Impossible(f"There was no update {wanted.update_id}.")
    return {"update_id": number}


async def see_updates(request: Request) -> Response:
    """Every update that was ever queued, from ?after= on, and whether the bot confirmed it."""
    after = int(request.query_params.get("after", "0"))
    past = list(world_of(request).updates.past)[after:]
    shown = [{"confirmed": each.confirmed, "update": each.body} for each in past]
    return JSONResponse({"updates": shown})


async def see_chat(request: Request) -> Response:
    """The chat, as far as it has changed since ?after=."""
    after = int(request.query_params.get("after", "0"))
    chat = _chat(request)
    return JSONResponse(chat_view(world_of(request), chat, after))


async def see_group(request: Request) -> Response:
    """What stands in a group."""
    world, number = world_of(request), request.path_params["number"]
    # an address cannot hold a minus sign as a number
    group = world.groups.get(-number)
    if group is None:
        raise HTTPException(404, f"There is no group with the number -{number}.")
    return JSONResponse(crowd.group_view(group))


async def see_transcript(request: Request) -> Response:
    """The chat as plain lines."""
    return PlainTextResponse("\n".join([*transcript(_chat(request)), ""]))


async def see_file(request: Request) -> Response:
    """A file from a chat."""
    stored = world_of(request).shelf.find(request.path_params["file_id"])
    upload = stored.upload
    shown = "inline" if upload.media in ("image/png", "image/jpeg") else "attachment"
    return Response(upload.content, media_type=upload.media, headers={"Content-Disposition": shown})


def _chat(request: Request) -> Any:
    user = request.path_params["user"]
    if user not in world_of(request).chats:
        raise HTTPException(404, f"There is no person with the number {user}.")
    return world_of(request).chats[user]


ACTS: list[tuple[str, Endpoint]] = [
    ("users", act(wishes.Person, add_person)),
    ("say", act(wishes.Say, lambda w, s: people.say(w, s.user, s.text, s.reply_to))),
    ("tap", act(wishes.Tap, lambda w, t: people.tap(w, t.user, t.message_id, t.data))),
    ("edit", act(wishes.Edit, lambda w, e: people.edit(w, e.user, e.message_id, e.text))),
    ("attach", act(wishes.Attach, lambda w, a: people.attach(w, a.user, a.kind, a.caption))),
    ("block", act(wishes.Who, lambda w, b: people.block(w, b.user))),
    ("unblock", act(wishes.Who, lambda w, b: people.unblock(w, b.user))),
    ("groups", act(wishes.NewGroup, lambda w, g: crowd.add_group(w, g.title, g.members))),
    ("group-say", act(wishes.SayInGroup, lambda w, s: crowd.say(w, s.group, s.user, s.text))),
    (
        "group-tap",
        act(wishes.TapInGroup, lambda w, t: crowd.tap(w, t.group, t.user, t.message_id, t.data)),
    ),
    (
        "group-kick",
        act(wishes.ChangeGroup, lambda w, k: crowd.kick(w, k.group, k.user, silently=k.silently)),
    ),
    (
        "group-upgrade",
        act(
            wishes.ChangeGroup, lambda w, u: crowd.upgrade(w, u.group, u.user, silently=u.silently)
        ),
    ),
    ("again", act(wishes.Again, again)),
    ("swap", act(wishes.Wish, lambda w, _: {"swapped": w.updates.swap()})),
    ("raw", act(wishes.Raw, lambda w, r: {"update_id": w.updates.inject(r.update)})),
]
ROUTES = [
    *(Route(f"/sandbox/{name}", endpoint, methods=["POST"]) for name, endpoint in ACTS),
    Route("/sandbox/updates", see_updates),
    Route("/sandbox/chat/{user:int}", see_chat),
    Route("/sandbox/group/{number:int}", see_group),
    Route("/sandbox/transcript/{user:int}", see_transcript),
    Route("/sandbox/files/{file_id}", see_file),
]
