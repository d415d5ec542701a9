// Two phones and the switches, redrawn whenever something changes.

import { watch } from "./ask.js";
import { Phone } from "./phone.js";
import { listen, notice, refresh, standing } from "./switches.js";

// in a demo there are many patients: ?patient=1007 shows the phone of another
const patient = Number(new URLSearchParams(location.search).get("patient")) || 1001;
const OWNERS = [
  { user: patient, owner: patient === 1001 ? "Alex, a patient" : `Patient ${patient}`,
    opening: "This phone has never written to Paceful." },
  { user: 2001, owner: "Robin, a clinician", clinician: true,
    opening: "This phone asks the bot for a one-time code and joins with it." },
];

function phone(owner) {
  const root = document.getElementById("phone").content.cloneNode(true).firstElementChild;
  root.id = `phone-${owner.user}`;
  document.getElementById("phones").append(root);
  return new Phone(root, { ...owner, onTrouble: notice });
}

const phones = OWNERS.map(phone);

async function redraw() {
  try {
    await Promise.all([refresh(), ...phones.map((each) => each.refresh())]);
  } catch {
    lost();
  }
}

function lost() {
  standing("the sandbox does not answer", "bad");
}

listen();
watch(redraw, lost);
