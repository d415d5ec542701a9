from tests.journeys.world import World
from tests.journeys.scripts import onboarding

def test_x(world: World) -> None:
    """x."""
    p = world.patient()
    import time
    t=time.monotonic()
    for a in onboarding():
        print("YOU", a)
        for b in p.answers(a):
            print("   ", b.text.replace("\n","\n    "), b.labels)
    print(time.monotonic()-t)
    k = world.kept(p)
    print(k.state, k.totals, k.values)
