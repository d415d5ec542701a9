"""What patients answer, from /start to the plan: data for many stories."""

PLACE = ("United Kingdom", "London", "Yes")
SUITED = ("Yes, 18 or older", "None of these", "Yes", "Yes")
PEG = ("6", "5", "4")
PHQ_9 = ("Several days", "Not at all", "Several days", "Several days", *(["Not at all"] * 5))
HINDRANCE = "Somewhat difficult"
GAD_7 = ("Not at all", "Several days", "Several days", *(["Not at all"] * 4))
THOUGHTS = ("Rarely", "Sometimes", "Sometimes", "Rarely", "Never", "Sometimes")
WHO_5 = (*(["Less than half of the time"] * 4), "Some of the time")
SELF = ("6", "5", "6", "5")
GOAL = ("walking the dog along the river again", "9", "7")
READY = ("More of my life back", "No worries", "7", "Rarely or never", "Easy", "No")
EXPECTED = ("7", "6")
TIMES = ("09:00", "Every day", "Every week")

WELCOME = ("/start", "Let's start", "I agree")
MOOD = (*PHQ_9, HINDRANCE, "Go on")
MORE = ("Go on", *THOUGHTS, *WHO_5, "Go on", *SELF)
BASELINE = ("I am ready", *PEG, *MOOD, *GAD_7, *MORE)
TRACK = {"cbt": "Steady steps (CBT)", "act": "Room to live (ACT)"}
# what the measures come to by these answers
STARTED_AT = {
    "peg": 5.0,
    "phq-9": 3.0,
    "gad-7": 2.0,
    "uw-cap6": 51.2,
    "who-5": 36.0,
    "fatigue": 6.0,
    "sleep": 5.0,
    "confidence": 5.5,
    "credibility": 6.5,
}


def onboarding(track: str = "cbt") -> tuple[str, ...]:
    """Every answer up to the question whether to begin the first lesson."""
    begun = (*WELCOME, *PLACE, *SUITED, *BASELINE, *GOAL)
    return (*begun, *READY, TRACK[track], *EXPECTED, *TIMES)
