// Small menus that open above or below their button.

export function menu(root, onOpen = () => {}) {
  const button = root.querySelector("button");
  const items = root.querySelector(".items");
  const show = (open) => {
    items.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) {
      onOpen(items);
      items.querySelector("button:not([hidden])")?.focus();
    }
  };
  button.addEventListener("click", () => show(items.hidden));
  items.addEventListener("click", () => show(false));
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !items.hidden) {
      show(false);
      button.focus();
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") step(items, event);
  });
  root.addEventListener("focusout", (event) => {
    if (!root.contains(event.relatedTarget)) show(false);
  });
}

function step(items, event) {
  const all = [...items.querySelectorAll("button:not([hidden])")];
  const at = all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  all[(at + all.length) % all.length]?.focus();
  event.preventDefault();
}
