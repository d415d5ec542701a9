// One message as a bubble, with its buttons.

import { link, make, words } from "./words.js";

const SIGNS = {
  voice: "🎤 Voice note", audio: "🎵 Audio", video: "🎬 Video", video_note: "🎬 Video note",
  animation: "🎞 Animation", sticker: "🙂", location: "📍 Location", venue: "📍 Place",
  contact: "👤 Contact", poll: "📊 Poll", dice: "🎲",
};
const DAY = { weekday: "long", day: "numeric", month: "long" };
const PRESSED_MS = 1500;
const OLDER = "A newer question stands below; a tap still reaches the bot";

export function bubble(message, phone) {
  const item = make(`li.message.${message.from}`);
  item.dataset.id = message.message_id;
  item.dataset.day = new Date(message.date * 1000).toLocaleDateString([], DAY);
  const row = make("div.row");
  row.append(body(message, phone), acts(message, phone));
  item.append(row);
  if (message.buttons.length) item.append(buttons(message, phone));
  return item;
}

function body(message, phone) {
  const box = make("div.bubble");
  box.append(make("span.unseen", message.from === "bot" ? "Paceful: " : "You: "));
  if (message.reply_to) box.append(make("p.quoted", phone.wordsOf(message.reply_to)));
  box.append(...attached(message));
  if (message.text) box.append(words(message.text, message.entities, (text) => phone.say(text)));
  box.append(stamp(message));
  return box;
}

function attached(message) {
  if (message.kind === "text") return [];
  if (message.kind === "photo") return [picture(message)];
  if (message.kind === "document") return [file(message.file)];
  const big = message.kind === "sticker" || message.kind === "dice";
  return [make(big ? "div.emoji" : "div.file", SIGNS[message.kind])];
}

function picture(message) {
  const image = make("img.picture");
  image.src = message.file.url;
  // Room is kept before the picture has loaded, so that nothing jumps.
  Object.assign(image, { width: message.file.width, height: message.file.height });
  image.alt = message.text || "Picture";
  const whole = make("a");
  Object.assign(whole, { href: message.file.url, target: "_blank" });
  whole.append(image);
  return whole;
}

function file({ url, name, size }) {
  const download = make("a.file", `📄 ${name} (${size < 2000 ? `${size} bytes` : `${Math.round(size / 1000)} kB`})`);
  Object.assign(download, { href: url, download: name });
  return download;
}

function stamp(message) {
  const time = new Date(message.date * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return make("span.stamp", message.edited ? `edited ${time}` : time);
}

function acts(message, phone) {
  const group = make("span.acts");
  const reply = act("↩", "Reply", () => phone.reply(message));
  group.append(reply);
  if (message.from === "user" && message.kind === "text") {
    const edit = act("✎", "Edit", () => phone.edit(message));
    edit.classList.add("edit");
    group.append(edit);
  }
  return group;
}

function act(sign, name, onClick) {
  const button = make("button", sign, name);
  Object.assign(button, { type: "button", title: name });
  button.addEventListener("click", onClick);
  return button;
}

function buttons(message, phone) {
  const group = make(`div.buttons.${message.keyboard}`);
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", message.keyboard === "gone" ? "Buttons, already answered" : "Buttons");
  for (const row of message.buttons) {
    const line = make("div");
    line.append(...row.map((each) => button(each, message, phone)));
    group.append(line);
  }
  return group;
}

function button(each, message, phone) {
  if (each.url) {
    const anchor = link(each.url);
    anchor.textContent = `${each.text} ↗`;
    return anchor;
  }
  const node = make("button", each.text);
  node.type = "button";
  node.disabled = message.keyboard === "gone";
  node.title = { gone: "Already answered", older: OLDER }[message.keyboard] || "";
  node.classList.toggle("chosen", phone.hasTapped(message.message_id, each.text));
  node.addEventListener("click", () => {
    node.classList.add("pressed");
    setTimeout(() => node.classList.remove("pressed"), PRESSED_MS);
    phone.tap(message.message_id, each.callback_data, each.text);
  });
  return node;
}
