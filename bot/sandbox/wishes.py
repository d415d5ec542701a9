"""What the page and the tests may ask of the sandbox, as values."""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from bot.sandbox.faults import Kind


class Wish(BaseModel):
    """A request body; a field it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(Wish):
    id: int | None = None
    first_name: str = Field(min_length=1)
    username: str | None = None
    language_code: str | None = None


class Say(Wish):
    user: int
    text: str
    reply_to: int | None = None


class Tap(Wish):
    user: int
    message_id: int
    data: str


class Edit(Wish):
    user: int
    message_id: int
    text: str


class Attach(Wish):
    user: int
    kind: str
    caption: str | None = None


class NewGroup(Wish):
    title: str = Field(min_length=1)
    members: list[int] = Field(min_length=1)


class InGroup(Wish):
    group: int
    user: int


class ChangeGroup(InGroup):
    # the bot's next call may be quicker than the update about it
    silently: bool = False


class SayInGroup(InGroup):
    text: str


class TapInGroup(InGroup):
    message_id: int
    data: str


class Who(Wish):
    user: int


class Raw(Wish):
    update: dict[str, Any]


class Again(Wish):
    update_id: int
    # the same tap or words under another number, as phones send them after a bad connection
    as_new: bool = False


class OrderedFault(Wish):
    kind: Kind
    method: str = "*"
    chat: int | None = None
    times: int = Field(default=1, ge=1)
    after: int = Field(default=0, ge=0)
    retry_after: int = Field(default=1, ge=0)
    seconds: float = Field(default=60.0, ge=0)


class Network(Wish):
    down_for: float = Field(ge=0)


class SetClock(Wish):
    offset_seconds: float


class Skip(Wish):
    to: AwareDatetime | None = None
    seconds: float | None = Field(default=None, gt=0)
    until: Literal["tomorrow morning", "a week"] | None = None
    zone: str = "UTC"
    wait: bool = False

    @model_validator(mode="after")
    def one_target(self) -> "Skip":
        """Itself, when it names exactly one target."""
        given: list[datetime | float | str | None] = [self.to, self.seconds, self.until]
        if sum(each is not None for each in given) != 1:
            raise ValueError("say exactly one of to, seconds, until")
        return self


class Invite(Wish):
    # It becomes an argument of a command, so it may not look like an option.
    name: str = Field(pattern=r"^[^-\s]")
