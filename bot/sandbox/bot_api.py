"""The Bot API over HTTP: one call in, one envelope out, or a broken connection."""

import inspect
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.sandbox.connection import drop, reset
from bot.sandbox.faults import Fault
from bot.sandbox.files import Upload
from bot.sandbox.methods import METHODS
from bot.sandbox.refusal import ConnectionLost, NotSpoken, Refused, bad_request
from bot.sandbox.spec import check, decoded, spoken
from bot.sandbox.world import World

Json = dict[str, Any]
# Longer than any Bot API client reads; only the bot's form of a file counts against limits.
FORM_BYTES = 64 * 1024 * 1024


async def bot_api(request: Request) -> Response:
    """The answer to one call of the bot's."""
    world: World = request.app.state.world
    method = request.path_params["method"]
    params: Json = {}
    try:
        _check_network(world)
        _check_token(world, request.path_params["token"])
        params = decoded(spoken(), method, await _given(request))
        result = await _answer(world, method, params)
    except ConnectionLost as loss:
        world.calls.note(world.clock.now(), method, params, 0, loss.words)
        return _cut(request, loss)
    except Refused as refusal:
        return _refused(world, method, params, refusal)
    except ClientDisconnect:
        # the bot died in the middle of its call, which so never happened
        return Response()
    world.calls.note(world.clock.now(), method, params, 200, result=result)
    return _json(200, {"ok": True, "result": result})


async def bot_file(request: Request) -> Response:
    """The content of a file that getFile has pointed to."""
    world: World = request.app.state.world
    try:
        _check_network(world)
        _check_token(world, request.path_params["token"])
    except ConnectionLost as loss:
        return _cut(request, loss)
    except Refused as refusal:
        return _envelope(refusal)
    stored = world.shelf.at(request.path_params["path"])
    if stored is None:
        return _envelope(Refused(404, "Not Found"))
    return Response(stored.upload.content, media_type="application/octet-stream")


async def _answer(world: World, method: str, params: Json) -> Any:
    if method not in METHODS:
        raise NotSpoken(404, "Not Found")
    fault = world.faults.strike(method, params.get("chat_id"))
    if fault is None:
        return await _perform(world, method, params)
    if refusal := fault.refusal():
        raise refusal
    if fault.kind.startswith("accept_then"):
        await _perform(world, method, params)
    return await _break(world, fault)


async def _perform(world: World, method: str, params: Json) -> Any:
    check(spoken(), method, params)
    result = METHODS[method](world, params)
    return await result if inspect.isawaitable(result) else result


async def _break(world: World, fault: Fault) -> Any:
    if fault.kind.endswith("hang"):
        await world.rest(fault.seconds)
    raise ConnectionLost(fault.kind, quietly="drop" in fault.kind)


def _cut(request: Request, loss: ConnectionLost) -> Response:
    close = drop if loss.quietly else reset
    close(request)
    return Response()


def _check_network(world: World) -> None:
    if world.network_back_in() > 0 or world.closing.is_set():
        raise ConnectionLost


def _check_token(world: World, token: str) -> None:
    if token != world.token:
        raise Refused(401, "Unauthorized")


async def _given(request: Request) -> Json:
    query = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        return {**query, **_object(await request.body())}
    async with request.form(max_part_size=FORM_BYTES) as form:
        return {**query, **await _fields(form)}


def _object(body: bytes) -> Json:
    try:
        given = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        raise bad_request("can't parse request: JSON object expected")
    return given


async def _fields(form: FormData) -> Json:
    given = {name: await _field(value) for name, value in form.multi_items()}
    attached = {f"attach://{n}": value for n, value in given.items() if isinstance(value, Upload)}
    used = {value for value in given.values() if value in attached and isinstance(value, str)}
    return {
        name: attached.get(value, value) if isinstance(value, str) else value
        for name, value in given.items()
        if f"attach://{name}" not in used
    }


async def _field(value: str | UploadFile) -> str | Upload:
    if isinstance(value, str):
        return value
    media = value.content_type or "application/octet-stream"
    return Upload(value.filename or "file", await value.read(), media)


def _refused(world: World, method: str, params: Mapping[str, Any], refusal: Refused) -> Response:
    if isinstance(refusal, NotSpoken):
        world.refusals.append(f"{method}: {refusal.description}")
    now = world.clock.now()
    world.calls.note(now, method, params, refusal.code, refusal.description)
    return _envelope(refusal)


def _envelope(refusal: Refused) -> Response:
    answer: Json = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.parameters:
        answer["parameters"] = refusal.parameters
    return _json(refusal.code, answer)


def _json(status: int, answer: Json) -> Response:
    return Response(orjson.dumps(answer), status, media_type="application/json")
