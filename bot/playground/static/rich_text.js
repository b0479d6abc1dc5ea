// Text with entities to elements. Offsets are UTF-16 units, which is what JavaScript strings count anyway.

import { h, icon } from "./dom.js";

const SIMPLE = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code" };
const SAFE_LINK = /^(https?:\/\/|mailto:|tel:)/i;

/** Nodes for a text. `actions.command(text)` and `actions.deepLink(payload)` make commands and start links live. */
export function richText(text, entities = [], actions = {}) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return between(text, sorted, 0, text.length, actions);
}

function between(text, entities, start, end, actions) {
  const nodes = [];
  let position = start;
  let rest = entities;
  while (rest.length) {
    const [first, ...others] = rest;
    const stop = Math.min(first.offset + first.length, end);
    if (first.offset < position || first.offset >= end) {
      rest = others;
      continue;
    }
    nodes.push(text.slice(position, first.offset));
    const inner = others.filter((each) => each.offset < stop);
    nodes.push(decorated(
      first,
      text.slice(first.offset, stop),
      between(text, inner, first.offset, stop, actions),
      actions,
    ));
    position = stop;
    rest = others.filter((each) => each.offset >= stop);
  }
  nodes.push(text.slice(position, end));
  return nodes.filter((node) => node !== "");
}

function decorated(entity, plain, children, actions) {
  if (SIMPLE[entity.type]) return h(SIMPLE[entity.type], {}, children);
  switch (entity.type) {
    case "text_link": return link(entity.url, children, actions);
    case "url": return link(plain, children, actions);
    case "email": return link(`mailto:${plain}`, children, actions);
    case "bot_command": return command(plain, actions);
    case "mention": case "hashtag": case "text_mention": return h("span.tag", {}, children);
    case "spoiler": return spoiler(children);
    case "pre": return codeBlock(entity, plain);
    case "blockquote": return h("blockquote", {}, children);
    case "expandable_blockquote": return foldedQuote(children);
    default: return h("span", {}, children);
  }
}

function link(address, children, actions) {
  const url = SAFE_LINK.test(address) ? address : `https://${address}`;
  const payload = actions.startPayload?.(url);
  if (payload !== undefined && payload !== null) {
    return h("button.inline-link", { type: "button", onclick: () => actions.deepLink(payload) }, children);
  }
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow", title: url }, children);
}

function command(plain, actions) {
  if (!actions.command) return h("span.tag", {}, plain);
  return h("button.inline-link", { type: "button", onclick: () => actions.command(plain) }, plain);
}

function spoiler(children) {
  const content = h("span.spoiler-text", { "aria-hidden": "true" }, children);
  const cover = h(
    "button.spoiler",
    { type: "button", "aria-label": "Hidden text. Press to show it.", "aria-expanded": "false" },
    content,
  );
  cover.addEventListener("click", () => {
    cover.classList.add("is-open");
    cover.setAttribute("aria-expanded", "true");
    cover.removeAttribute("aria-label");
    content.removeAttribute("aria-hidden");
  });
  return cover;
}

function codeBlock(entity, plain) {
  const copy = h("button.code-copy", {
    type: "button",
    "aria-label": "Copy the code",
    title: "Copy the code",
    onclick: () => navigator.clipboard?.writeText(plain),
  }, icon("copy"));
  return h(
    "div.code-block",
    {},
    entity.language && h("span.code-language", {}, entity.language),
    copy,
    h("pre", { tabindex: "0", "aria-label": "Code" }, h("code", {}, plain)),
  );
}

function foldedQuote(children) {
  const toggle = h("button.quote-toggle", { type: "button", "aria-expanded": "false" }, "Show more");
  const quote = h("blockquote.is-folded", {}, h("div.quote-text", {}, children), toggle);
  toggle.addEventListener("click", () => {
    const folded = quote.classList.toggle("is-folded");
    toggle.setAttribute("aria-expanded", String(!folded));
    toggle.textContent = folded ? "Show more" : "Show less";
  });
  return quote;
}

export function plainPreview(message) {
  if (!message) return "";
  const text = message.text ?? message.caption ?? "";
  if (message.photo) return text ? `Photo: ${text}` : "Photo";
  if (message.document) return text ? `File: ${text}` : message.document.file_name ?? "File";
  return text || serviceLine(message) || "Message";
}

/** The sentence for a service message; null for an ordinary one. */
export function serviceLine(message) {
  const who = message.from.first_name;
  if (message.new_chat_members) {
    const joined = message.new_chat_members.map((each) => each.first_name).join(", ");
    return joined === who ? `${who} joined the group` : `${who} added ${joined}`;
  }
  if (message.left_chat_member) {
    const left = message.left_chat_member;
    return left.id === message.from.id ? `${who} left the group` : `${who} removed ${left.first_name}`;
  }
  if (message.pinned_message) return `${who} pinned “${plainPreview(message.pinned_message).slice(0, 40)}”`;
  if (message.migrate_to_chat_id) return "This group became a supergroup";
  if (message.migrate_from_chat_id) return "This supergroup grew out of a group";
  return null;
}
