"""Names for patients that mean nothing: two words and a number, such as blue-heron-42."""

from collections.abc import Callable

from sqlalchemy import select

from bot import keys
from bot.store.tables import patients
from bot.store.unit import Unit

DRAWS = 50

_FIRST = """
amber ample ashen azure balmy beige bold brave breezy bright brisk bronze calm candid civil clear
clever coral cosy crimson crisp dapper deft earnest easy ebony fair fleet fond frank fresh gentle
gilded glad golden grand green hardy hazel indigo ivory jade jolly keen kind lilac lively lucid
mellow merry mild misty modest neat noble olive opal pearl placid plucky plum proud quick quiet
rapid rosy ruby rustic sable sandy scarlet serene silver sleek smooth snowy spry stately steady
still stout sunny swift tidy topaz tranquil trusty upright velvet violet vivid warm wise witty
"""
_SECOND = """
acacia alder anchor antler apple arbor aspen atlas badger bamboo banner barley basil beacon beaver
birch bison bobbin bramble bridge brook cabin canoe canyon cedar cello chestnut cliff clover comet
compass condor cove crane creek crystal curlew cypress dahlia daisy dolphin dove dune eagle ember
falcon fern fiddle finch fjord forest fox garnet gazelle glacier glen granite grove gull harbor
harp hawk heath heron hill ibis iris island ivy jasmine juniper kestrel kite lagoon lantern lark
laurel lemon lily linden linnet lotus lynx maple marble marten meadow mesa mint moss mountain
nutmeg oak oasis ocean orchid oriole osprey otter owl oyster pebble pelican pine plover pond
poplar poppy prairie puffin quail quartz raven reed ridge river robin rowan saddle sage sail
salmon seal shore sparrow spruce stone stork stream summit swallow swan tern thistle thrush thyme
tulip valley walnut willow wren
"""
FIRST, SECOND = tuple(_FIRST.split()), tuple(_SECOND.split())
LOWEST, HIGHEST = 10, 99


def pseudonym(draw: Callable[[int], int]) -> str:
    """A new pseudonym; `draw(n)` gives a number below n."""
    number = LOWEST + draw(HIGHEST - LOWEST + 1)
    return f"{FIRST[draw(len(FIRST))]}-{SECOND[draw(len(SECOND))]}-{number}"


class NoPseudonymLeft(Exception):
    """No free pseudonym was found; the words in this file have become too few."""


def free(unit: Unit) -> str:
    """A pseudonym that no patient has, or NoPseudonymLeft."""
    for _ in range(DRAWS):
        name = pseudonym(keys.draw)
        taken = select(patients.c.id).where(patients.c.pseudonym == name)
        if unit.connection.execute(taken).first() is None:
            return name
    raise NoPseudonymLeft


def of(unit: Unit, patient_id: int) -> str:
    """The name by which the team knows a patient; nobody waits for anybody to read it."""
    query = select(patients.c.pseudonym).where(patients.c.id == patient_id)
    return str(unit.connection.execute(query).scalar_one())
