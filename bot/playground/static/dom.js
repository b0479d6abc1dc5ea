// Building the page: elements from plain values. User text only ever becomes text nodes, never mark-up.

const PROPERTIES = new Set(["value", "checked", "hidden", "disabled", "open", "srcObject"]);

/** h("button.round", {onclick: f, "aria-label": "Send"}, "text", otherElement) */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (PROPERTIES.has(key)) element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  const isThere = (child) => child !== null && child !== undefined && child !== false;
  element.append(...children.flat(Infinity).filter(isThere));
  return element;
}

const PATHS = {
  attach: "M21 11.5 12.5 20a5.5 5.5 0 0 1-7.8-7.8l8.9-8.9a3.7 3.7 0 0 1 5.2 5.2l-8.8 8.8a1.8 1.8 0 0 1-2.6-2.6l7.9-7.9",
  back: "M15 5l-7 7 7 7",
  camera: "M4 8h3l1.6-2.5h6.8L17 8h3a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1z"
    + "M12 16.6a3.4 3.4 0 1 0 0-6.8 3.4 3.4 0 0 0 0 6.8z",
  check: "M5 12.5l4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h10v11H9zM5 15V4h10",
  down: "M6 9l6 6 6-6",
  download: "M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 20h14",
  edit: "M4 20l1-4.5L16.5 4a2 2 0 0 1 3 3L8.5 19 4 20z",
  file: "M7 3h7l5 5v12a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM14 3v5h5",
  forward: "M14 6l6 6-6 6M20 12H9a5 5 0 0 0-5 5v1",
  keyboard: "M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M17 14.5h.01M8 14.5h7",
  link: "M14 5h5v5M19 5l-8 8M18 14v5H5V6h5",
  more: "M12 6h.01M12 12h.01M12 18h.01",
  next: "M9 5l7 7-7 7",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0"
    + "M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14a6.5 6.5 0 0 1 3.5 6",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v5",
  plus: "M12 5v14M5 12h14",
  reply: "M10 6l-6 6 6 6M4 12h11a5 5 0 0 1 5 5v1",
  send: "M4.5 11.8L19.5 5l-6.2 15-2.6-6z",
  shield: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5h.01M15 9.5h.01",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
};

export function icon(name) {
  return svg("0 0 24 24", "icon", [["path", { d: PATHS[name] }]]);
}

/** Pupil's face: an eye whose pupil can look around. */
export function eye(className = "eye") {
  return svg("2 9 44 30", className, [
    ["path", { class: "eye-white", d: "M4 24c5.4-8.6 12-13 20-13s14.6 4.4 20 13c-5.4 8.6-12 13-20 13S9.4 32.6 4 24z" }],
    ["g", { class: "eye-ball" }, [
      ["circle", { class: "eye-iris", cx: 24, cy: 24, r: 9.2 }],
      ["circle", { class: "eye-pupil", cx: 24, cy: 24, r: 4.8 }],
      ["circle", { class: "eye-glint", cx: 27.2, cy: 20.8, r: 1.8 }],
    ]],
    ["path", { class: "eye-lid", d: "M4 24c5.4-8.6 12-13 20-13s14.6 4.4 20 13" }],
  ]);
}

function svg(viewBox, className, shapes) {
  const element = node("svg", { viewBox, class: className, "aria-hidden": "true", focusable: "false" });
  element.append(...shapes.map(([name, attributes, inner]) => {
    const shape = node(name, attributes);
    for (const [innerName, innerAttributes] of inner ?? []) shape.append(node(innerName, innerAttributes));
    return shape;
  }));
  return element;
}

function node(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

export function iconButton(name, label, onclick, className = "round") {
  return h(`button.${className}`, { type: "button", "aria-label": label, title: label, onclick }, icon(name));
}

export function avatar(user, className = "avatar") {
  if (user.is_bot) return h(`span.${className}.is-pupil`, { "aria-hidden": "true" }, eye());
  const tone = Math.abs(user.id) % 6;
  const letter = [...(user.first_name ?? user.title ?? "?")][0].toUpperCase();
  return h(`span.${className}.tone-${tone}`, { "aria-hidden": "true" }, letter);
}

export function badge(count) {
  if (!count) return null;
  return h("span.badge", {}, count > 99 ? "99+" : String(count), h("span.unseen", {}, " unread"));
}

export function clockTime(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function dayName(seconds) {
  const day = new Date(seconds * 1000);
  const today = new Date();
  if (day.toDateString() === today.toDateString()) return "Today";
  today.setDate(today.getDate() - 1);
  if (day.toDateString() === today.toDateString()) return "Yesterday";
  return day.toLocaleDateString([], { day: "numeric", month: "long", year: "numeric" });
}

export function fileSize(bytes) {
  if (!bytes) return "";
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export const fileUrl = (fileId, download = false) =>
  `/api/files/${encodeURIComponent(fileId)}${download ? "?download" : ""}`;
