"""What patients answer, from /start to the plan: data for many stories."""

PLACE = ("United Kingdom", "London", "Yes")
SUITED = ("Yes, 18 or older", "None of these", "Yes", "Yes")
PEG = ("6", "5", "4")
PHQ_9 = ("Several days", "Not at all", "Several days", "Several days", *(["Not at all"] * 5))
GAD_7 = ("Not at all", "Several days", "Several days", *(["Not at all"] * 4))
GOAL = ("walking the dog along the river again", "9", "7")
TIMES = ("09:00", "Every day", "Every week")

WELCOME = ("/start", "Let's start", "I agree")
BASELINE = ("I am ready", *PEG, *PHQ_9, *GAD_7)
TRACK = {"cbt": "Steady steps (CBT)", "act": "Room to live (ACT)"}


def onboarding(track: str = "cbt") -> tuple[str, ...]:
    """Every answer up to the question whether to begin the first lesson."""
    return (*WELCOME, *PLACE, *SUITED, *BASELINE, *GOAL, TRACK[track], *TIMES)
