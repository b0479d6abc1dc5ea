// Things over the page: toasts, alerts, questions, small menus. Escape closes each of them.

import { h, icon, iconButton } from "./dom.js";

const TOAST_SECONDS = 4;

export function toast(text, kind = "plain") {
  const line = h(`div.toast.is-${kind}`, {}, text);
  document.getElementById("toasts").append(line);
  setTimeout(() => line.classList.add("is-leaving"), TOAST_SECONDS * 1000);
  setTimeout(() => line.remove(), TOAST_SECONDS * 1000 + 300);
}

/** A modal dialog that removes itself when it closes; `role` is "dialog" or "alertdialog". */
export function dialog({ title, className = "sheet", role = "dialog", onclose }, ...content) {
  const heading = h("h2", { id: `title-${crypto.randomUUID()}` }, title);
  const box = h(`dialog.${className}`, { "aria-labelledby": heading.id, role: role === "dialog" ? null : role });
  const close = iconButton("close", "Close", () => box.close());
  box.append(h("div.sheet-head", {}, heading, close), h("div.sheet-body", {}, content));
  box.addEventListener("close", () => {
    box.remove();
    onclose?.();
  });
  box.addEventListener("pointerdown", (event) => event.target === box && box.close());
  document.body.append(box);
  box.showModal();
  return box;
}

export function alertBox(text) {
  const ok = h("button.primary", { type: "button" }, "OK");
  const box = dialog(
    { title: "Pupil says", className: "sheet.is-small", role: "alertdialog" },
    h("p.alert-text", {}, text),
    h("div.sheet-actions", {}, ok),
  );
  ok.addEventListener("click", () => box.close());
  ok.focus();
}

/** Ask for one line of text. Resolves to null when it is closed without an answer. */
export function askFor(title, { label, value = "", button = "OK", hint = "" }) {
  return new Promise((resolve) => {
    let answer = null;
    const input = h(
      "input.field",
      { type: "text", "aria-label": label, placeholder: label, value, maxlength: "64", required: true },
    );
    const form = h(
      "form",
      { method: "dialog" },
      hint && h("p.hint", {}, hint),
      input,
      h("div.sheet-actions", {}, h("button.primary", { type: "submit" }, button)),
    );
    const box = dialog({ title, className: "sheet.is-small", onclose: () => resolve(answer) }, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer = input.value.trim() || null;
      box.close();
    });
    input.focus();
  });
}

export function confirmBox(title, text, button) {
  return new Promise((resolve) => {
    let answer = false;
    const yes = h("button.primary.is-danger", { type: "button" }, button);
    const box = dialog(
      { title, className: "sheet.is-small", role: "alertdialog", onclose: () => resolve(answer) },
      h("p", {}, text),
      h("div.sheet-actions", {}, yes),
    );
    yes.addEventListener("click", () => {
      answer = true;
      box.close();
    });
    yes.focus();
  });
}

/** A menu beside a button: [{label, icon, act, danger}]; `top` may hold an element above the items. */
export function menu(anchor, items, top = null) {
  const entry = (item) => h(`button.menu-item${item.danger ? ".is-danger" : ""}`, {
    type: "button",
    role: "menuitem",
    onclick: () => {
      list.hidePopover();
      item.act();
    },
  }, icon(item.icon), h("span", {}, item.label));
  const list = h("div.menu", { role: "menu", popover: "auto" }, top, items.map(entry));
  list.addEventListener("keydown", (event) => moveInMenu(event, list));
  list.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    list.remove();
    if (document.activeElement === document.body) anchor.focus();
  });
  // Inside a modal dialog only its own children can be reached.
  (anchor.closest("dialog") ?? document.body).append(list);
  list.showPopover();
  place(list, anchor);
  list.querySelector("button")?.focus();
  return list;
}

function moveInMenu(event, list) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...list.querySelectorAll("button")];
  const next = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
  buttons[next].focus();
}

function place(list, anchor) {
  const at = anchor.getBoundingClientRect();
  const size = list.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.right - size.width), innerWidth - size.width - 8);
  const below = at.bottom + 6;
  const top = below + size.height < innerHeight - 8 ? below : Math.max(8, at.top - size.height - 6);
  list.style.left = `${left}px`;
  list.style.top = `${top}px`;
}
