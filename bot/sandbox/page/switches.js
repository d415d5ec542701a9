// The sandbox's clock, the bot's standing, and the switches above the phones.

import { get, post } from "./ask.js";

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const NETWORK_SECONDS = 60;
const element = (name) => document.getElementById(name);
let aheadOfReal = 0;
let networkBack = 0;
let comingUp = false;
let noticeEnds;

export function listen() {
  press("tomorrow", () => post("skip", { until: "tomorrow morning", zone: ZONE }));
  press("week", () => post("skip", { until: "a week", zone: ZONE }));
  press("restart", () => post("restart"));
  press("network", () => post("network", { down_for: networkBack > Date.now() ? 0 : NETWORK_SECONDS }));
  element("over").addEventListener("click", () => {
    const how = element("how");
    how.hidden = !how.hidden;
    element("over").setAttribute("aria-expanded", String(!how.hidden));
  });
  setInterval(() => {
    tick();
    // Nothing tells the page that the bot has begun to ask for updates.
    if (comingUp) refresh().catch(() => {});
  }, 500);
}

function press(name, act) {
  const button = element(name);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await act();
    } catch (problem) {
      notice(problem.message);
    }
    button.disabled = false;
    await refresh();
  });
}

export function notice(words) {
  clearTimeout(noticeEnds);
  element("notice").textContent = words;
  element("notice").hidden = false;
  noticeEnds = setTimeout(() => { element("notice").hidden = true; }, 8000);
}

export async function refresh() {
  const state = await get("state");
  aheadOfReal = Date.parse(state.clock.now) - Date.now();
  networkBack = Date.now() + state.network_back_in * 1000;
  comingUp = ["starting", "restarting"].includes(state.bot);
  element("folder").textContent = state.data_dir || "";
  show(state);
  tick();
  return state;
}

let told = "";
function show(state) {
  const journey = state.travelling;
  const under_way = journey && !journey.done;
  for (const name of ["tomorrow", "week"]) element(name).disabled = Boolean(under_way);
  element("restart").hidden = state.bot === "elsewhere";
  if (under_way) standing(`travelling, stop ${journey.stops}`, "busy");
  else if (state.network_back_in > 0) standing("the network is gone", "bad");
  else if (state.bot === "elsewhere") standing(elsewhere(state), state.polls || state.webhook ? "good" : "busy");
  else standing(`the bot is ${state.bot}`, colour(state.bot));
  if (journey?.done && journey.note && journey.target !== told) {
    told = journey.target;
    notice(journey.note);
  }
}

function elsewhere(state) {
  return state.polls || state.webhook ? "a bot is connected" : "waiting for a bot";
}

function colour(bot) {
  if (bot === "running") return "good";
  return bot.startsWith("died") || bot === "stopped" ? "bad" : "busy";
}

export function standing(words, dot) {
  element("standing").textContent = words;
  element("dot").className = `dot ${dot}`;
}

function tick() {
  const now = new Date(Date.now() + aheadOfReal);
  element("time").textContent = now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  element("time").dateTime = now.toISOString();
  element("date").textContent = now.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  element("zone").textContent = ZONE;
  const left = Math.ceil((networkBack - Date.now()) / 1000);
  const button = element("network");
  const was = button.getAttribute("aria-pressed");
  button.setAttribute("aria-pressed", String(left > 0));
  button.textContent = left > 0 ? `Give the network back (${left} s)` : "Lose the network for a minute";
  if (was === "true" && left <= 0) refresh();
}
