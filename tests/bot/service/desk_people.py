"""Two clinicians and a patient for the stories at the desk."""

from __future__ import annotations

from dataclasses import dataclass

from tests.bot.service.practice import Person, Practice


@dataclass(frozen=True)
class Team:
    """Two clinicians, and a patient who waits for an answer of theirs."""

    practice: Practice
    lee: Person
    kim: Person
    ann: Person

    async def write(self, text: str = "How are you now?") -> None:
        """The first clinician writes to the patient for the first time, and sends it."""
        await self.lee.says(text, to=self.ann.pseudonym)
        await self.lee.taps("Send")
        self.read()

    def read(self) -> None:
        """Everyone has read everything."""
        for person in (self.lee, self.kim, self.ann):
            person.news()

    @property
    def messages(self) -> list[tuple[str, bool]]:
        """How many rows the thread has: whether a clinician wrote, and whether it corrects."""
        query = "SELECT clinician_id IS NOT NULL, corrects IS NOT NULL FROM messages ORDER BY id"
        return [("team" if wrote else "patient", bool(c)) for wrote, c in self.practice.rows(query)]


async def gather(practice: Practice, place: str = "placed") -> Team:
    """A team with a patient at that place, who asked for a person; all is read."""
    lee = await practice.clinician(9, "Dr Lee")
    kim = await practice.clinician(8, "Kim")
    ann = await practice.patient(1, place)
    await ann.says("/person")
    await ann.taps("Write to them")
    await ann.says("please call me")
    team = Team(practice, lee, kim, ann)
    team.read()
    return team
