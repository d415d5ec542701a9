// One phone: a chat with the bot, and everything that its owner can do.

import { get, post } from "./ask.js";
import { bubble } from "./bubble.js";
import { menu } from "./menu.js";
import { make } from "./words.js";

const TYPING_MS = 5500;
const TOAST_MS = 3500;

export class Phone {
  constructor(root, { user, owner, opening, clinician, onTrouble }) {
    this.user = user;
    this.clinician = clinician;
    this.onTrouble = onTrouble;
    this.root = root;
    this.part = (name) => root.querySelector(`.${name}`);
    this.part("owner").textContent = owner;
    this.part("opening").firstElementChild.textContent = opening;
    this.scroll.setAttribute("aria-label", `Chat of ${owner}`);
    this.box.setAttribute("aria-label", `Message from ${owner}`);
    this.forget();
    this.listen();
  }

  get log() { return this.part("log"); }
  get scroll() { return this.part("scroll"); }
  get box() { return this.root.querySelector("textarea"); }

  forget() {
    this.cursor = 0;
    this.atEnd = true;
    this.messages = new Map();
    this.taps = new Set();
    this.log.replaceChildren();
  }

  listen() {
    this.part("compose").addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("input", () => this.grow());
    this.scroll.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.scroll;
      this.atEnd = scrollHeight - scrollTop - clientHeight < 80;
    });
    this.part("cancel").addEventListener("click", () => this.about(null));
    this.part("start").addEventListener("click", () => this.say("/start"));
    for (const join of this.root.querySelectorAll(".join")) {
      join.hidden = !this.clinician;
      join.addEventListener("click", () => this.join());
    }
    this.part("start").hidden = this.clinician;
    this.part("block").addEventListener("click", () => this.try("block"));
    this.part("unblock").addEventListener("click", () => this.try("unblock"));
    for (const kind of this.root.querySelectorAll("[data-kind]")) {
      kind.addEventListener("click", () => this.try("attach", { kind: kind.dataset.kind }));
    }
    const [more, attach, slash] = this.root.querySelectorAll(".menu");
    menu(more);
    menu(attach);
    menu(slash, (items) => this.listCommands(items));
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && !this.box.value) {
      const own = [...this.messages.values()].filter((m) => m.from === "user" && m.kind === "text");
      if (own.length) this.edit(own.at(-1));
    } else if (event.key === "Escape") {
      this.about(null);
    }
  }

  grow() {
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight + 2}px`;
  }

  async try(act, wish = {}) {
    try {
      return await post(act, { user: this.user, ...wish });
    } catch (problem) {
      this.onTrouble(problem.message);
      return null;
    }
  }

  say(text, more = {}) {
    this.atEnd = true;
    return this.try("say", { text, ...more });
  }

  async send() {
    const text = this.box.value.trim();
    if (!text) return;
    const { editing, answering } = this;
    const sent = editing
      ? await this.try("edit", { message_id: editing, text })
      : await this.say(text, { reply_to: answering ?? null });
    if (sent) this.about(null);
  }

  tap(message_id, data, label) {
    this.taps.add(`${message_id} ${label}`);
    return this.try("tap", { message_id, data });
  }

  hasTapped(message, label) { return this.taps.has(`${message} ${label}`); }

  async join() {
    try {
      const { code } = await post("invite", { name: "Robin" });
      await this.say(`/start ${code}`);
    } catch (problem) {
      this.onTrouble(problem.message);
    }
  }

  reply(message) {
    this.about(`Reply to: ${this.wordsOf(message.message_id)}`);
    this.answering = message.message_id;
  }

  edit(message) {
    this.about("Edit your message");
    this.editing = message.message_id;
    this.box.value = message.text;
    this.grow();
  }

  about(text) {
    const wasEditing = this.editing;
    this.editing = this.answering = undefined;
    this.part("about").hidden = text === null;
    this.part("what").textContent = text ?? "";
    if (text === null || wasEditing) this.box.value = "";
    this.grow();
    this.box.focus();
  }

  wordsOf(number) {
    const message = this.messages.get(number);
    return message ? message.text || message.kind : "a deleted message";
  }

  async refresh() {
    if (this.refreshing) {
      this.again = true;
      return;
    }
    this.refreshing = true;
    try {
      do {
        this.again = false;
        this.show(await get(`chat/${this.user}?after=${this.cursor}`));
      } while (this.again);
    } finally {
      this.refreshing = false;
    }
  }

  show(view) {
    if (view.cursor < this.cursor) {
      // The sandbox was started anew: its numbers began again.
      this.forget();
      this.again = true;
      return;
    }
    const first = this.cursor === 0;
    this.cursor = view.cursor;
    this.commands = view.commands;
    for (const each of view.events) this.happen(each, view.now, first);
    for (const each of view.messages) this.place(each);
    this.part("opening").hidden = view.started;
    this.showKeys(view.reply_keyboard);
    this.showBlocked(view.blocked);
    this.stay();
  }

  // Stay at the newest message, unless its owner has scrolled up to read.
  stay() {
    if (this.atEnd) this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  happen(event, now, first) {
    if (event.kind === "deleted") this.drop(event.message_id);
    if (event.kind === "tap") this.taps.add(`${event.message_id} ${event.label}`);
    if (event.kind === "toast" && !first) this.toast(event.text);
    if (event.kind === "action" && now - event.at < TYPING_MS / 1000) this.type(true);
  }

  place(message) {
    const fresh = !this.messages.has(message.message_id);
    if (fresh && message.from === "bot") this.type(false);
    this.messages.set(message.message_id, message);
    const item = bubble(message, this);
    const old = this.log.querySelector(`[data-id="${message.message_id}"]`);
    if (old) this.replace(old, item);
    else this.log.append(item);
    const before = item.previousElementSibling;
    if (before?.dataset.day !== item.dataset.day) item.prepend(make("span.day", item.dataset.day));
  }

  replace(old, item) {
    const focused = old.contains(document.activeElement);
    old.replaceWith(item);
    if (focused) this.scroll.focus({ preventScroll: true });
  }

  drop(number) {
    this.messages.delete(number);
    this.log.querySelector(`[data-id="${number}"]`)?.remove();
  }

  type(on) {
    clearTimeout(this.typingEnds);
    this.part("typing").hidden = !on;
    this.part("doing").textContent = on ? "typing…" : "bot";
    if (on) this.typingEnds = setTimeout(() => this.type(false), TYPING_MS);
  }

  toast(text) {
    clearTimeout(this.toastEnds);
    const toast = this.part("toast");
    toast.textContent = text;
    toast.hidden = false;
    this.toastEnds = setTimeout(() => { toast.hidden = true; }, TOAST_MS);
  }

  showKeys(markup) {
    const keys = this.part("keys");
    const known = JSON.stringify(markup);
    if (keys.dataset.known === known) return;
    keys.dataset.known = known;
    keys.hidden = !markup;
    this.box.placeholder = markup?.input_field_placeholder || "Message";
    keys.replaceChildren(...(markup?.keyboard ?? []).map((row) => this.keyRow(row, markup, keys)));
  }

  keyRow(row, markup, keys) {
    const line = make("div");
    line.append(...row.map((key) => {
      const label = typeof key === "string" ? key : key.text;
      const button = make("button", label);
      button.type = "button";
      button.addEventListener("click", () => {
        if (markup.one_time_keyboard) keys.hidden = true;
        this.say(label);
      });
      return button;
    }));
    return line;
  }

  showBlocked(blocked) {
    this.part("compose").hidden = blocked;
    this.part("unblock").hidden = !blocked;
    this.part("block").hidden = blocked;
  }

  listCommands(items) {
    if (!this.commands?.length) {
      items.replaceChildren(make("p", "The bot has listed no commands."));
      return;
    }
    items.replaceChildren(...this.commands.map(({ command, description }) => {
      const button = make("button", `/${command}`);
      button.type = "button";
      button.append(make("small", description));
      button.addEventListener("click", () => this.say(`/${command}`));
      return button;
    }));
  }
}
