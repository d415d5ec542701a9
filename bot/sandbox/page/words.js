// Turn a text and its entities into nodes, never into HTML.

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code",
  pre: "code.pre", spoiler: "span.spoiler", blockquote: "span.quote",
  expandable_blockquote: "span.quote", text_link: "a", url: "a",
};
const ADDRESS = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/gi;
const COMMAND = /(?<![\w/])\/[a-z0-9_]{1,32}\b/gi;

export function make(tag, content, name) {
  const [kind, ...classes] = tag.split(".");
  const node = document.createElement(kind);
  node.classList.add(...classes);
  if (content !== undefined) node.textContent = content;
  if (name) node.setAttribute("aria-label", name);
  return node;
}

// Entity offsets count UTF-16 units, and so do JavaScript's strings.
export function words(text, entities, onCommand) {
  const shown = entities.filter((each) => each.type !== "bot_command");
  const all = [...shown, ...found(text, ADDRESS, "url"), ...found(text, COMMAND, "bot_command")];
  const borders = new Set([0, text.length]);
  for (const each of all) borders.add(each.offset).add(each.offset + each.length);
  const cuts = [...borders].filter((cut) => cut <= text.length).sort((a, b) => a - b);
  const paragraph = make("p.text");
  for (let i = 0; i + 1 < cuts.length; i++) {
    paragraph.append(piece(text.slice(cuts[i], cuts[i + 1]), covering(all, cuts[i]), onCommand));
  }
  return paragraph;
}

// Telegram finds addresses and commands in a text by itself, and so do the phones.
function found(text, pattern, type) {
  return [...text.matchAll(pattern)].map((match) => (
    { type, offset: match.index, length: match[0].length }
  ));
}

function covering(entities, at) {
  return entities.filter((each) => each.offset <= at && at < each.offset + each.length);
}

function piece(text, entities, onCommand) {
  return entities.reduce((inner, entity) => wrap(inner, entity, text, onCommand), document.createTextNode(text));
}

function wrap(inner, entity, text, onCommand) {
  if (entity.type === "bot_command") {
    const button = make("button.command");
    button.type = "button";
    button.append(inner);
    button.addEventListener("click", () => onCommand(text));
    return button;
  }
  const tag = TAGS[entity.type];
  if (!tag) return inner;
  const node = tag === "a" ? link(entity.url || text) : make(tag);
  node.append(inner);
  return node;
}

export function link(address) {
  const safe = /^(https?|tel|mailto):/i.test(address) ? address : `https://${address}`;
  const node = make("a");
  Object.assign(node, { href: safe, target: "_blank", rel: "noopener noreferrer" });
  return node;
}
