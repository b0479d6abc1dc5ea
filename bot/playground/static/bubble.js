// One message, or one album, as it stands in the log.

import { avatar, clockTime, fileSize, fileUrl, h, icon, iconButton } from "./dom.js";
import { plainPreview, richText, serviceLine } from "./rich_text.js";

/** `view` has me, isPrivate, actions; `group` is one message or the items of one album. */
export function bubble(group, view, { follows }) {
  const first = group[0];
  const line = serviceLine(first);
  if (line) return h("div.service", {}, h("span", {}, line));
  const mine = first.from.id === view.me;
  const classes = ["message", mine ? "is-mine" : "is-theirs", follows && "follows", group.length > 1 && "is-album"];
  const label = `${mine ? "You" : first.from.first_name}, ${clockTime(first.date)}`;
  const article = h(
    "article",
    { class: classes.filter(Boolean).join(" "), "aria-label": label, "data-id": first.message_id },
  );
  const bare = first.photo && !group.some((each) => each.caption && !hasOwnCaptions(group)) ? ".is-bare" : "";
  const body = h(
    `div.bubble${bare}`,
    {},
    heading(first, view, mine, follows),
    forwarded(first),
    replied(first, view),
    group.length > 1 ? album(group, view) : single(first, view),
  );
  article.append(
    !mine && !view.isPrivate ? avatar(first.from, "avatar.is-small") : "",
    h(
      "div.column",
      {},
      h("div.bubble-row", {}, body, group.length === 1 ? actionsButton(first, view) : ""),
      reactions(group, view),
      inlineKeyboard(first, view),
    ),
  );
  return article;
}

function heading(message, view, mine, follows) {
  if (mine || view.isPrivate || follows) return null;
  const tone = message.from.is_bot ? "pupil" : Math.abs(message.from.id) % 6;
  return h(`div.sender.tone-text-${tone}`, {}, message.from.first_name);
}

function forwarded(message) {
  const origin = message.forward_origin;
  return origin ? h(
    "div.forwarded",
    {},
    icon("forward"),
    `Forwarded from ${origin.sender_user?.first_name ?? "someone"}`,
  ) : null;
}

function replied(message, view) {
  const original = message.reply_to_message;
  if (!original || message.pinned_message) return null;
  const small = original.photo?.[0];
  return h("button.quote", {
    type: "button",
    "aria-label": `In reply to ${original.from.first_name}: ${plainPreview(original)}`,
    onclick: () => view.actions.reveal(original.message_id),
  },
    small ? h("img", { src: fileUrl(small.file_id), alt: "", width: 36, height: 36 }) : null,
    h(
      "span.quote-words",
      {},
      h("strong", {}, original.from.id === view.me ? "You" : original.from.first_name),
      h("span", {}, message.quote?.text ?? plainPreview(original)),
    ));
}

function single(message, view) {
  const parts = [];
  if (message.photo) parts.push(photo(message, view));
  if (message.document) parts.push(documentCard(message));
  const text = message.text ?? message.caption;
  if (text) parts.push(words(message, text, view));
  parts.push(meta(message));
  return parts;
}

function words(message, text, view) {
  return h("div.words", { dir: "auto" }, richText(text, message.entities ?? message.caption_entities, view.actions));
}

function meta(message) {
  return h(
    "div.meta",
    {},
    message.edit_date ? h("span", {}, "edited") : null,
    h("time", { datetime: new Date(message.date * 1000).toISOString() }, clockTime(message.date)),
  );
}

function photo(message, view) {
  const sizes = message.photo;
  const best = sizes.find((size) => Math.max(size.width, size.height) >= 640) ?? sizes.at(-1);
  const image = h(
    "img",
    {
      src: fileUrl(best.file_id),
      alt: message.caption || "Photo",
      width: best.width,
      height: best.height,
      loading: "lazy",
      decoding: "async",
    },
  );
  const cover = message.has_media_spoiler ? ".is-covered" : "";
  return h(`button.photo${cover}`, {
    type: "button",
    "aria-label": `Open ${message.caption ? `the photo “${message.caption}”` : "the photo"}`,
    onclick: (event) => {
      const button = event.currentTarget;
      if (button.classList.contains("is-covered")) button.classList.remove("is-covered");
      else view.actions.open(message.message_id);
    },
  }, image);
}

function documentCard(message) {
  const file = message.document;
  const name = file.file_name ?? "File";
  const picture = file.thumbnail
    ? h("img.document-picture", { src: fileUrl(file.thumbnail.file_id), alt: "", width: 52, height: 52 })
    : h("span.document-icon", {}, icon("file"));
  return h(
    "a.document",
    { href: fileUrl(file.file_id, true), download: name, "aria-label": `Save the file ${name}` },
    picture,
    h("span.document-words", {}, h("strong", {}, name), h("span", {}, fileSize(file.file_size))),
    icon("download"),
  );
}

function album(group, view) {
  const ownCaptions = hasOwnCaptions(group);
  if (group[0].document) {
    return [
      group.map((each) => h(
        "div.album-file",
        {},
        documentCard(each),
        each.caption && words(each, each.caption, view),
        actionsButton(each, view),
      )),
      meta(group.at(-1)),
    ];
  }
  const tiles = group.map((each) => h(
    "figure.tile",
    {},
    photo(each, view),
    ownCaptions && each.caption ? h("figcaption", {}, richText(each.caption, each.caption_entities)) : null,
    actionsButton(each, view),
  ));
  const grid = h(
    "div.album",
    { "data-count": Math.min(group.length, 10), role: "group", "aria-label": `Album of ${group.length} photos` },
    tiles,
  );
  const shared = !ownCaptions && group[0].caption && group[0];
  return [grid, shared && words(shared, shared.caption, view), meta(group.at(-1))];
}

/** Whether the items of an album are named one by one; a single caption on the first photo speaks for all. */
function hasOwnCaptions(group) {
  return group.length > 1 && group.slice(1).some((each) => each.caption);
}

function actionsButton(message, view) {
  const button = iconButton(
    "more",
    `Actions for: ${plainPreview(message).slice(0, 60)}`,
    () => view.actions.menu(message, button),
    "round.message-actions",
  );
  button.setAttribute("aria-haspopup", "menu");
  return button;
}

function reactions(group, view) {
  const counted = new Map();
  for (const message of group) {
    for (const { emoji, user_id: userId } of message.reactions ?? []) {
      const known = counted.get(emoji) ?? { count: 0, mine: false, message };
      counted.set(emoji, { ...known, count: known.count + 1, mine: known.mine || userId === view.me });
    }
  }
  if (!counted.size) return null;
  return h("div.reactions", {}, [...counted].map(([emoji, facts]) => reactionButton(emoji, facts, view)));
}

function reactionButton(emoji, { count, mine, message }, view) {
  return h(`button.reaction${mine ? ".is-mine" : ""}`, {
    type: "button",
    "aria-pressed": String(mine),
    "aria-label": `${emoji}, ${count}. ${mine ? "Take your reaction back" : "React the same"}`,
    onclick: () => view.actions.react(message, mine ? null : emoji),
  }, emoji, count > 1 ? h("span", {}, String(count)) : null);
}

function inlineKeyboard(message, view) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  return h(
    "div.keyboard",
    { role: "group", "aria-label": "Buttons of this message" },
    rows.map((row, r) => h(
      "div.keyboard-row",
      {},
      row.map((button, c) => keyboardButton(message, button, r, c, view)),
    )),
  );
}

function keyboardButton(message, button, row, column, view) {
  const style = button.style ? `.is-${button.style}` : "";
  if (button.url) {
    const payload = view.actions.startPayload(button.url);
    if (payload === null) return h(
      `a.key${style}`,
      {
        href: /^https?:/i.test(button.url) ? button.url : `https://${button.url}`,
        target: "_blank",
        rel: "noopener noreferrer nofollow",
      },
      button.text,
      icon("link"),
    );
    return h(`button.key${style}`, { type: "button", onclick: () => view.actions.deepLink(payload) }, button.text);
  }
  if (button.copy_text) return h(
    `button.key${style}`,
    { type: "button", onclick: () => view.actions.copy(button.copy_text.text) },
    button.text,
    icon("copy"),
  );
  const key = h(
    `button.key${style}`,
    { type: "button", onclick: () => view.actions.press(message, row, column, key) },
    button.text,
  );
  return key;
}
