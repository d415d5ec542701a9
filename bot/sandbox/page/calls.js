// The bot's latest calls as a table.

import { get, watch } from "./ask.js";
import { make } from "./words.js";

const SHOWN = 300;
const body = document.getElementById("calls");
let seen = 0;

function line(call) {
  const row = make("tr");
  const time = new Date(call.at * 1000).toLocaleTimeString();
  const answer = make(call.ok ? "td" : "td.failed", call.ok ? "ok" : `${call.status || "none"} ${call.description}`);
  row.append(make("td", call.number), make("td", time), make("td", call.method), answer);
  row.append(make("td", JSON.stringify(call.params)));
  return row;
}

const quiet = (call) => call.method === "getUpdates" && call.ok && call.result.length === 0;

async function redraw() {
  const { calls } = await get(`calls?after=${seen}`);
  if (calls.length) seen = calls.at(-1).number;
  body.prepend(...calls.filter((call) => !quiet(call)).slice(-SHOWN).reverse().map(line));
  while (body.children.length > SHOWN) body.lastElementChild.remove();
}

watch(redraw, () => {});
