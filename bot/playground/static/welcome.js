// The newcomer's first minute: what to do with an empty chat, in three steps, under an eye that looks at you.

import { eye, h, icon } from "./dom.js";

const STEPS = [
  ["Show and tell", "Drop a photo here and write what it is as the caption. That is a lesson."],
  ["Show something else", "Two names with two photos each are enough for a first answer."],
  ["Ask", "Send a photo without a caption. Is the answer wrong? One tap corrects it."],
];

export function emptyState(store, onFiles) {
  if (!store.isPrivate) return groupWelcome(store);
  const face = eye("eye is-large");
  lookAround(face);
  const pick = h(
    "input.unseen",
    {
      type: "file",
      accept: "image/*",
      multiple: true,
      tabindex: "-1",
      "aria-label": "Photos to send",
      onchange: (event) => onFiles([...event.target.files]),
    },
  );
  const first = h(
    "button.primary.is-large",
    { type: "button", onclick: () => pick.click() },
    icon("attach"),
    "Choose photos",
  );
  const hello = h(
    "button.secondary.is-large",
    { type: "button", onclick: () => store.attempt("start", { me: store.me }) },
    "Say hello",
  );
  return h(
    "section.welcome",
    { "aria-label": "Welcome" },
    face,
    h("h2", {}, "Show me something"),
    h(
      "p.welcome-words",
      {},
      store.state.bot.description || "Photos with a name are lessons. Photos without one are questions.",
    ),
    h(
      "ol.steps",
      {},
      STEPS.map(([title, text], index) => h(
        "li.step",
        {},
        h("span.step-number", { "aria-hidden": "true" }, String(index + 1)),
        h("div", {}, h("strong", {}, title), h("span", {}, text)),
      )),
    ),
    h("div.welcome-actions", {}, first, hello, pick),
  );
}

function groupWelcome(store) {
  const inside = store.chat.bot_status !== "left" && store.chat.bot_status !== "kicked";
  const add = h(
    "button.primary.is-large",
    { type: "button", onclick: () => store.attempt("add", store.here({ user_id: store.state.bot.id })) },
    icon("plus"),
    "Add Pupil to this group",
  );
  const words = inside
    ? "Write /start to wake Pupil here, or reply to one of its messages with a photo."
    : "Pupil can learn from all of you together. Let it in first.";
  return h(
    "section.welcome",
    { "aria-label": "Welcome" },
    eye("eye is-large"),
    h("h2", {}, store.chat.title),
    h("p.welcome-words", {}, words),
    inside ? null : h("div.welcome-actions", {}, add),
  );
}

/** The pupil follows the pointer a little; people who asked for less motion get a calm eye. */
function lookAround(face) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const ball = face.querySelector(".eye-ball");
  const follow = (event) => {
    if (!face.isConnected) return removeEventListener("pointermove", follow);
    const box = face.getBoundingClientRect();
    const x = event.clientX - box.left - box.width / 2;
    const y = event.clientY - box.top - box.height / 2;
    const reach = Math.min(1, Math.hypot(x, y) / 300) * 5;
    const angle = Math.atan2(y, x);
    ball.style.transform = `translate(${Math.cos(angle) * reach}px, ${Math.sin(angle) * reach * 0.6}px)`;
    return undefined;
  };
  addEventListener("pointermove", follow);
}
