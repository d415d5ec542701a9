"""What the simulated team writes: to patients, and in its own notes."""

TO_PATIENT = (
    "Thank you for your answers. I read them today. How was the walk after lunch this week?",
    "I saw that this week was harder. Which part of the day is the worst just now?",
    "Would it help to make the plan half as big for a few days?",
    "You wrote about the stairs. Did stopping before the pain change how the evening went?",
    "I can call you on Thursday, if you like. Is there anything I should know before?",
    "The extra on sleep may fit what you told me. It is there whenever you want it.",
    "I have passed your question on the tablets to your doctor. I write as soon as I know more.",
)
NOTES = (
    "Rang at 14:10, spoke for ten minutes. Pain after moving furniture, no new signs.",
    "Items 2 and 6 carry the total. Talked about the nights; will look again in a week.",
    "Not reached twice. Wrote instead, asked for a good time.",
    "Plan made smaller together. Goes on at the standard pace.",
    "Sister is with the patient this week. Agreed to speak again on Friday.",
    "Meant it as a figure of speech, says so clearly; asked directly all the same.",
)
