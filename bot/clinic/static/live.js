// What stands on the page stays true by itself: parts marked data-live are fetched again, clocks
// count on. Without this script the page works too; it is as old as its last loading then.

const EVERY_MS = 5000;
const SLOWEST_MS = 60000;
const HEADER = { "X-Paceful-Live": "1" };
const MINUTE = 60, HOUR = 3600, DAY = 86400;

const tags = new Map();
const waiting = new Set();
const shut = new Set();
let pause = EVERY_MS;

// The same words as bot/clinic/times.py.
function span(seconds) {
  const left = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  if (left < MINUTE) return "under 1 min";
  if (left < HOUR) return `${Math.floor(left / MINUTE)} min`;
  if (left < DAY) return `${Math.floor(left / HOUR)} h ${two(Math.floor((left % HOUR) / MINUTE))} min`;
  return `${Math.floor(left / DAY)} d ${Math.floor((left % DAY) / HOUR)} h`;
}

// The server's clock counts, not this computer's: the two may differ by hours.
const main = document.getElementById("main");
let ahead = null;

function setClock(answer) {
  const theirs = Date.parse(answer.headers.get("X-Paceful-Now") || "");
  if (!Number.isNaN(theirs)) ahead = theirs - Date.now();
}

function count() {
  if (ahead === null) return;
  const now = (Date.now() + ahead) / 1000;
  for (const node of document.querySelectorAll("time[data-since], time[data-left]")) {
    const at = Date.parse(node.dateTime) / 1000;
    const words = "left" in node.dataset ? until(at - now, node) : span(now - at);
    if (node.textContent !== words) node.textContent = words;
  }
}

function until(seconds, node) {
  const late = node.dataset.late || "overdue by";
  node.classList.toggle("late", seconds < 0);
  return seconds >= 0 ? `in ${span(seconds)}` : `${late} ${span(-seconds)}`;
}

// Nothing is taken from under somebody's hands: what they write, press, or have marked.
function isInUse(node) {
  const active = document.activeElement;
  if (node.contains(active) && active.matches("input, textarea, select, button")) return true;
  if (!getSelection().isCollapsed && getSelection().containsNode(node, true)) return true;
  return [...node.querySelectorAll("textarea, input:not([type=hidden])")].some((field) => field.value !== field.defaultValue);
}

// Where somebody is in a part: what they unfolded, scrolled, and what has the focus.
const PLACES = "details[open] > summary, .scroll, a:focus, summary:focus, .scroll:focus";

function name(node) {
  return [node.tagName, node.getAttribute("href"), node.getAttribute("aria-label") || node.textContent.trim()].join(" ");
}

// The same places in the fresh part, or null if one of them is gone.
function found(old, fresh) {
  const places = [...old.querySelectorAll(PLACES)].map((from) => {
    const alike = [...fresh.querySelectorAll(from.tagName)].filter((each) => name(each) === name(from));
    return [from, alike[0]];
  });
  return places.every(([, to]) => to) ? places : null;
}

function settle(places, active) {
  for (const [from, to] of places) {
    if (from.matches("details[open] > summary")) to.parentElement.open = true;
    if (from === active) to.focus({ preventScroll: true });
    to.scrollLeft = from.dataset.left;
    to.scrollTop = from.dataset.top;
  }
}

function replace(old, fresh, said) {
  if (asSent(old).isEqualNode(fresh)) return waiting.delete(old.id);
  const places = isInUse(old) ? null : found(old, fresh);
  if (!places) {
    waiting.add(old.id);
    old.classList.add("has-news");
    return;
  }
  const before = words(old), after = words(fresh), active = document.activeElement;
  waiting.delete(old.id);
  for (const [from] of places) Object.assign(from.dataset, { left: from.scrollLeft, top: from.scrollTop });
  old.replaceWith(fresh);
  settle(places, active);
  if (before !== after) said.push(title(fresh));
}

function title(node) {
  return node.querySelector("h2")?.textContent.trim() || node.getAttribute("aria-label") || node.id;
}

// A part as the server sent it, without what was done to it here.
function asSent(node) {
  const copy = node.cloneNode(true);
  copy.classList.remove("has-news");
  if (!copy.classList.length) copy.removeAttribute("class");
  copy.querySelectorAll("details[open]").forEach((each) => each.removeAttribute("open"));
  return copy;
}

// Times pass by themselves; only other words are news.
function words(node) {
  const copy = node.cloneNode(true);
  copy.querySelectorAll("time").forEach((each) => each.remove());
  return copy.textContent.replace(/\s+/g, " ").trim();
}

async function fetched(address) {
  const headers = { ...HEADER };
  const tag = tags.get(address);
  if (tag && waiting.size === 0) headers["If-None-Match"] = tag;
  const answer = await fetch(address, { headers, cache: "no-store", redirect: "error" });
  setClock(answer);
  if (answer.status === 401) return signedOut(await answer.text());
  if (answer.status === 304) return null;
  // nobody loaded it for an hour, or it is no longer theirs to see: asking again changes nothing
  if (answer.status === 403) return shut.add(address) && null;
  if (!answer.ok) throw new Error(String(answer.status));
  tags.set(address, answer.headers.get("ETag"));
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// Whoever left the desk leaves no patient on the screen.
function signedOut(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  document.querySelector("header.bar")?.remove();
  main.replaceChildren(...page.getElementById("main").children);
  document.title = page.title;
  main.focus();
  clearTimeout(next);
  pause = 0;
  return null;
}

async function look() {
  const said = [];
  const places = new Set([...document.querySelectorAll("[data-live]")].map((node) => node.dataset.live));
  for (const address of places) {
    if (shut.has(address)) continue;
    const page = await fetched(address);
    if (!page) continue;
    for (const old of document.querySelectorAll(`[data-live="${CSS.escape(address)}"]`)) {
      const fresh = page.getElementById(old.id);
      if (fresh) replace(old, document.importNode(fresh, true), said);
    }
  }
  count();
  if (said.length) say(`Changed: ${said.join(", ")}.`);
}

function say(text) {
  document.getElementById("live-said").textContent = text;
}

function stand(isLive) {
  const node = document.getElementById("live-standing");
  if (!node) return;
  node.hidden = false;
  node.classList.toggle("bad", !isLive || shut.size > 0);
  const text = !isLive ? "No connection: what you see may be old."
    : shut.size ? "Some of this page no longer updates: load it again." : "Updates by itself.";
  if (node.textContent !== text) node.textContent = text;
}

let next = 0;

async function go() {
  try {
    if (!document.hidden) await look();
    if (pause) pause = EVERY_MS;
    stand(true);
  } catch {
    pause = Math.min(SLOWEST_MS, pause * 2);
    stand(false);
  }
  if (pause) next = setTimeout(go, pause);
}

// A notice is said once, not at every loading of the same address.
const address = new URL(location.href);
if (address.searchParams.has("said")) {
  address.searchParams.delete("said");
  history.replaceState(null, "", address);
}

// On a small screen the names of the pages scroll sideways; the one that is open is seen first.
document.querySelector(".bar nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

// One press, one act: a second press of an impatient hand does nothing.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
  setTimeout(() => delete event.target.dataset.sent, 3000);
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden || !pause || !document.querySelector("[data-live]")) return;
  clearTimeout(next);
  go();
});

if (document.querySelector("[data-live]")) {
  go();
  setInterval(count, 1000);
}
