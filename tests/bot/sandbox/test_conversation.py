"""A bot written with python-telegram-bot talks with a person, unchanged."""

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyKeyboardMarkup
from telegram.error import BadRequest

from bot.sandbox.attachments import FILES, PLAIN, picture
from tests.bot.sandbox.conftest import ALEX, Sandbox

YES_NO = InlineKeyboardMarkup(
    [
        [
            InlineKeyboardButton("Yes", callback_data="y"),
            InlineKeyboardButton("No", callback_data="n"),
        ]
    ]
)


async def test_a_question_is_asked_tapped_and_answered(sandbox: Sandbox, bot: Bot) -> None:
    """The transcript reads like the chat that the person had."""
    await sandbox.do("say", user=ALEX, text="/start")
    (start,) = await bot.get_updates()
    assert start.message is not None
    assert start.message.entities[0].type == "bot_command"
    question = await bot.send_message(ALEX, "Does it hurt?", reply_markup=YES_NO)
    await sandbox.do("tap", user=ALEX, message_id=question.message_id, data="y")
    (tapped,) = await bot.get_updates(offset=start.update_id + 1)
    assert tapped.callback_query is not None
    await tapped.callback_query.answer("Noted")
    await bot.edit_message_text("Does it hurt? Yes.", ALEX, question.message_id)
    await bot.send_photo(ALEX, picture(20), caption="Your week")

    assert await sandbox.lines() == [
        "you: /start",
        "bot: Does it hurt? Yes.",
        "you: taps [Yes]",
        "bot: (toast) Noted",
        "bot: (photo) Your week",
    ]


async def test_buttons_are_live_then_overtaken_then_gone(chat: Sandbox, bot: Bot) -> None:
    """A newer question overtakes the buttons of an older one; an edit takes them away."""
    first = await bot.send_message(ALEX, "First?", reply_markup=YES_NO)
    await bot.send_message(ALEX, "Second?", reply_markup=YES_NO)
    before = await chat.see(f"chat/{ALEX}?after=0")
    await bot.edit_message_reply_markup(ALEX, first.message_id)
    after = await chat.see(f"chat/{ALEX}?after={before['cursor']}")

    assert [m["keyboard"] for m in before["messages"]] == ["none", "older", "live"]
    (changed,) = after["messages"]
    assert (changed["keyboard"], changed["keyboard_live"], changed["edited"]) == (
        "gone",
        False,
        False,
    )
    assert [[b["text"] for b in row] for row in changed["buttons"]] == [["Yes", "No"]]


async def test_a_tap_on_a_message_that_is_gone_still_reaches_the_bot(
    chat: Sandbox, bot: Bot
) -> None:
    """The bot gets the data, and a message that it cannot access any more."""
    question = await bot.send_message(ALEX, "First?", reply_markup=YES_NO)
    await bot.delete_message(ALEX, question.message_id)

    await chat.do("tap", user=ALEX, message_id=question.message_id, data="forged")

    (update,) = await bot.get_updates()
    assert update.callback_query is not None
    assert update.callback_query.data == "forged"
    assert update.callback_query.message is not None
    assert not update.callback_query.message.is_accessible


async def test_a_reply_and_an_edit_carry_what_they_refer_to(chat: Sandbox, bot: Bot) -> None:
    """A reply holds the message it answers; an edited message holds its new words and a date."""
    alert = await bot.send_message(ALEX, "Alert 7")
    said = await chat.do("say", user=ALEX, text="I call her", reply_to=alert.message_id)
    await chat.do("edit", user=ALEX, message_id=said["message_id"], text="I call him")

    reply, edit = await bot.get_updates()

    assert reply.message is not None
    assert reply.message.reply_to_message is not None
    assert reply.message.reply_to_message.text == "Alert 7"
    assert edit.edited_message is not None
    assert edit.edited_message.text == "I call him"
    assert edit.edited_message.edit_date is not None


@pytest.mark.parametrize("kind", ["photo", *FILES, *PLAIN])
async def test_everything_a_phone_attaches_can_be_read(chat: Sandbox, bot: Bot, kind: str) -> None:
    """python-telegram-bot understands each kind, and files can be downloaded."""
    await chat.do("attach", user=ALEX, kind=kind, caption="look")

    (update,) = await bot.get_updates()

    assert update.message is not None
    content = update.message.effective_attachment
    assert content is not None
    held = content[-1] if isinstance(content, tuple) else content
    if kind not in PLAIN:
        file = await bot.get_file(held)  # type: ignore[arg-type]
        assert len(await file.download_as_bytearray()) == file.file_size


async def test_a_file_sent_once_can_be_sent_again_by_its_name(chat: Sandbox, bot: Bot) -> None:
    """An upload and its identifier lead to the same content, and nonsense is no picture."""
    first = await bot.send_document(ALEX, b"week,pain\n1,7\n", filename="scores.csv")
    assert first.document is not None
    again = await bot.send_document(ALEX, first.document.file_id)

    assert again.document is not None
    file = await again.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"week,pain\n1,7\n"
    with pytest.raises(BadRequest, match=r"(?i)image_process_failed"):
        await bot.send_photo(ALEX, b"not a picture")


async def test_the_narrowest_commands_are_listed(chat: Sandbox, bot: Bot) -> None:
    """A person's own commands win over everyone's, and the phone lists them."""
    await bot.set_my_commands([("start", "Begin")])
    await bot.set_my_commands([("alerts", "See alerts")], scope={"type": "chat", "chat_id": ALEX})  # type: ignore[arg-type]
    own = (await chat.see(f"chat/{ALEX}"))["commands"]
    await bot.delete_my_commands(scope={"type": "chat", "chat_id": ALEX})  # type: ignore[arg-type]
    everyones = (await chat.see(f"chat/{ALEX}"))["commands"]

    assert [each["command"] for each in own] == ["alerts"]
    assert [each["command"] for each in everyones] == ["start"]


async def test_reply_buttons_stay_until_they_are_removed(chat: Sandbox, bot: Bot) -> None:
    """The phone keeps the reply buttons, and their message can no longer be edited."""
    keys = ReplyKeyboardMarkup([["A lesson", "Help now"]])
    menu = await bot.send_message(ALEX, "Choose", reply_markup=keys)
    await bot.send_message(ALEX, "Or type")
    shown = (await chat.see(f"chat/{ALEX}"))["reply_keyboard"]["keyboard"]

    assert [[key["text"] for key in row] for row in shown] == [["A lesson", "Help now"]]
    with pytest.raises(BadRequest, match="can't be edited"):
        await menu.edit_text("Chosen")


async def test_every_call_is_logged_with_its_outcome(chat: Sandbox, bot: Bot) -> None:
    """The log names method, parameters in their own types, and whether it worked."""
    before = (await chat.see("state"))["calls"]
    await bot.send_message(ALEX, "hi")
    with pytest.raises(BadRequest):
        await bot.send_message(5, "hi")

    calls = (await chat.see(f"calls?after={before}"))["calls"]

    assert [(c["method"], c["params"]["chat_id"], c["status"], c["ok"]) for c in calls] == [
        ("sendMessage", ALEX, 200, True),
        ("sendMessage", 5, 400, False),
    ]
