"""Whoever changes whose a contact is, or a role, without a key, is found out and gains nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Table, select

from bot.keys import CannotOpen
from bot.store import bonds, invites, members, people, standing
from bot.store.people import Clinician, Patient
from bot.store.store import Store
from bot.store.tables import clinicians, contacts
from bot.store.tables import invites as invites_table
from bot.store.unit import Unit

Enrol = Callable[..., Patient]
Team = tuple[Clinician, Clinician]
HOUR = timedelta(hours=1)
WHOSE = select(contacts.c.id, contacts.c.patient_id, contacts.c.clinician_id)


@pytest.fixture
def team(store: Store, noon: datetime) -> Team:
    """A clinician and a lead."""
    grey, green = (
        store.write_now(
            people.join_clinician, lookup=name, chat=name, name=name, role=role, at=noon
        )
        for name, role in (("Grey", "clinician"), ("Green", "lead"))
    )
    return grey, green


def forge(store: Store, table: Table, row_id: int | None, **values: object) -> None:
    """Change a row as somebody can who has no key."""
    order = table.update().where(table.c.id == row_id).values(values)
    store.write_now(lambda unit: unit.connection.execute(order) and None)


def whose(store: Store) -> list[tuple[object, ...]]:
    """Whose each contact is by its columns."""
    query = WHOSE.order_by(contacts.c.id)
    return store.read_now(lambda unit: [tuple(each) for each in unit.connection.execute(query)])


@pytest.mark.parametrize("column", ["patient_id", "clinician_id"])
def test_a_number_put_on_another_contact_makes_nobody_of_anybody(
    store: Store, enrol: Enrol, team: Team, column: str
) -> None:
    """Both are who they were, nothing is sent to either, until it is put right; then all is."""
    ann = enrol("ann")
    mallory = store.write_now(people.meet, lookup="lookup of mallory", chat="chat of mallory")
    before, stolen = whose(store), {"patient_id": ann.id, "clinician_id": team[1].id}[column]
    robbed = {"patient_id": ann.contact_id, "clinician_id": team[1].contact_id}[column]
    forge(store, contacts, robbed, **{column: None})
    forge(store, contacts, mallory.id, **{column: stolen})
    name = {"patient_id": "lookup of ann", "clinician_id": "Green"}[column]

    thief = store.read_now(people.contact, "lookup of mallory")
    owner = store.read_now(people.contact, name)

    assert thief is not None
    assert (thief.patient_id, thief.clinician_id, thief.is_forged) == (None, None, True)
    assert owner is not None
    assert (getattr(owner, column), owner.is_forged) == (stolen, True)
    for contact_id in (thief.id, owner.id):
        with pytest.raises(CannotOpen):
            store.read_now(people.chat_of, [contact_id])
    assert store.read_now(people.sound_chats, [thief.id, owner.id]) == []
    assert sorted(store.write_now(bonds.put_right)) == sorted([thief.id, owner.id])
    assert whose(store) == before
    assert store.write_now(bonds.put_right) == []


def test_whoever_writes_is_put_right_even_if_a_broken_row_holds_their_number(
    store: Store, enrol: Enrol
) -> None:
    """Each number is one contact's: the row that does not open lets it go."""
    ann = enrol("ann")
    mallory = store.write_now(people.meet, lookup="lookup of mallory", chat="chat of mallory")
    forge(store, contacts, ann.contact_id, patient_id=None)
    forge(store, contacts, mallory.id, patient_id=ann.id, chat=b"x")

    met = store.write_now(people.meet, lookup="lookup of ann", chat="chat of ann")

    assert (met.patient_id, met.is_forged) == (ann.id, False)
    assert store.read_now(people.chat_of, [met.id]) == {met.id: "chat of ann"}


def test_whose_contact_does_not_open_is_a_stranger_who_can_be_answered(
    store: Store, enrol: Enrol
) -> None:
    """The broken row is kept aside, to be looked into."""
    ann = enrol("ann")
    forge(store, contacts, ann.contact_id, chat=b"x")
    with pytest.raises(CannotOpen):
        store.read_now(people.contact, "lookup of ann")

    met = store.write_now(people.meet, lookup="lookup of ann", chat="chat of ann")

    assert (met.patient_id, met.id == ann.contact_id) == (None, False)
    assert store.read_now(people.chat_of, [met.id]) == {met.id: "chat of ann"}
    assert whose(store)[0] == (ann.contact_id, ann.id, None)


def test_a_contact_that_an_older_version_sealed_is_nobodys(store: Store, enrol: Enrol) -> None:
    """Nobody goes back to a time when the numbers were not bound."""
    enrol("ann")

    def seal_as_before(unit: Unit) -> None:
        place = ("contacts", "chat", "lookup of ann")
        blob = unit.vault.site("contacts").seal("77", *place)
        unit.connection.execute(contacts.update().values(chat=blob))

    store.write_now(seal_as_before)

    with pytest.raises(CannotOpen):
        store.read_now(people.contact, "lookup of ann")


@pytest.mark.parametrize("forged", [{"role": "lead"}, {"name": b""}], ids=["role", "name"])
def test_whose_row_in_the_team_was_changed_is_of_the_team_no_more(
    store: Store, team: Team, forged: dict[str, object]
) -> None:
    """Everybody else is; who it was is known, and a new code brings them back as who they are."""
    grey, green = team
    forge(store, clinicians, grey.id, **forged)

    assert store.read_now(people.clinicians) == [green]
    assert store.read_now(standing.forged_members) == [grey.id]
    in_team = [each.id for each in store.read_now(members.everyone) if each.disabled_at is None]
    assert in_team == [green.id]

    back = store.write_now(
        people.join_clinician, lookup="Grey", chat="Grey", name="Grey", role="clinician",
        at=grey.joined_at,
    )  # fmt: skip

    assert back.id == grey.id
    assert [each.role for each in store.read_now(people.clinicians)] == ["clinician", "lead"]
    assert store.read_now(standing.forged_members) == []


def test_who_left_does_not_come_back_by_an_empty_column(
    store: Store, team: Team, noon: datetime
) -> None:
    """That they left is sealed with their name, and a new name changes neither that nor a role."""
    grey, green = team
    assert store.write_now(members.disable, grey.id, noon)
    assert not store.write_now(members.disable, grey.id, noon)
    forge(store, clinicians, grey.id, disabled_at=None)
    store.write_now(lambda unit: people.set_own(unit, grey.id, name="Grey again"))

    assert store.read_now(people.clinicians) == [green]
    assert store.read_now(standing.forged_members) == [grey.id]


def test_an_address_that_does_not_open_costs_nobody_their_place(store: Store, team: Team) -> None:
    """They are told in their chat."""
    grey, _ = team
    forge(store, clinicians, grey.id, email=b"x", replies=b"x")

    assert store.read_now(people.clinicians)[0] == grey


@pytest.mark.parametrize(
    "forged", [{"role": "lead"}, {"kind": "clinician"}, {"expires_at": "later"}], ids=str
)
def test_a_code_that_was_changed_opens_nothing(
    store: Store, noon: datetime, forged: dict[str, object]
) -> None:
    """Nobody makes a patient's code one for the team, or an old one new."""
    until = noon - HOUR if "expires_at" in forged else noon + HOUR
    changed = {**forged, "expires_at": noon + HOUR} if "expires_at" in forged else forged
    store.write_now(invites.make, "patient", "", "", "digest", until, noon)
    order = invites_table.update().values(changed)
    store.write_now(lambda unit: unit.connection.execute(order) and None)

    assert store.write_now(invites.use, ["digest"], noon) is None
