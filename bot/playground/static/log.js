// The log of one chat: blocks that are redrawn only when they changed, so focus and screen readers are left in peace.

import { act, Sorry } from "./server.js";
import { bubble } from "./bubble.js";
import { dayName, h } from "./dom.js";
import { emptyState } from "./welcome.js";
import { serviceLine } from "./rich_text.js";
import { lightbox } from "./lightbox.js";
import { confirmBox, menu, toast } from "./overlays.js";

const SAME_RUN_SECONDS = 300;
const NEAR_BOTTOM = 140;
const BUTTON_PATIENCE = 15000;

export class Log {
  #blocks = new Map();

  constructor(store, { onReply, onEdit, onFiles }) {
    this.store = store;
    this.onReply = onReply;
    this.onEdit = onEdit;
    this.onFiles = onFiles;
    this.element = document.getElementById("log");
    this.scroller = document.getElementById("scroller");
    this.atBottom = true;
    this.scroller.addEventListener("scroll", () => {
      this.atBottom = this.#isAtBottom();
      this.#maybeOlder();
    });
    // Pictures that load, keyboards that open, a phone's keyboard: who read the end keeps reading the end.
    const keepEnd = new ResizeObserver(() => this.atBottom && this.toBottom());
    keepEnd.observe(this.scroller);
    keepEnd.observe(this.element);
    store.on("place", () => this.#clear());
    store.on("log", (change) => this.draw(change));
    store.on("state", () => store.loaded && !store.messages.length && this.draw({}));
  }

  draw({ fresh, older, added } = {}) {
    const heightBefore = this.scroller.scrollHeight;
    const wanted = this.#wantedBlocks();
    this.element.setAttribute("aria-busy", String(Boolean(fresh || older)));
    this.#reconcile(wanted);
    if (older) this.scroller.scrollTop += this.scroller.scrollHeight - heightBefore;
    else if (fresh || this.atBottom || added?.from.id === this.store.me) this.toBottom();
    if (added) this.#blocks.get(`message ${added.message_id}`)?.element.classList.add("is-new");
    this.element.setAttribute("aria-busy", "false");
  }

  toBottom() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.atBottom = true;
  }

  #isAtBottom() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < NEAR_BOTTOM;
  }

  #clear() {
    this.#blocks.clear();
    this.element.replaceChildren();
  }

  #wantedBlocks() {
    const { store } = this;
    if (store.loaded && !store.messages.length) return [[
      "empty",
      JSON.stringify(store.state.bot.description),
      () => emptyState(store, this.onFiles),
    ]];
    const blocks = [];
    let before = null;
    for (const group of grouped(store.messages)) {
      const day = dayName(group[0].date);
      if (!before || dayName(before.date) !== day) blocks.push([
        `day ${day}`,
        day,
        () => h("div.day", {}, h("span", {}, day)),
      ]);
      const follows = isSameRun(before, group[0]);
      blocks.push([
        `message ${group[0].message_id}`,
        JSON.stringify([group, follows]),
        () => bubble(group, this.#view(), { follows }),
      ]);
      before = group.at(-1);
    }
    return blocks;
  }

  #reconcile(wanted) {
    const keys = new Set(wanted.map(([key]) => key));
    for (const [key, block] of this.#blocks) {
      if (keys.has(key)) continue;
      block.element.remove();
      this.#blocks.delete(key);
    }
    let previous = null;
    for (const [key, signature, build] of wanted) {
      let block = this.#blocks.get(key);
      if (block?.signature !== signature) {
        const element = build();
        block?.element.replaceWith(element);
        block = { element, signature };
        this.#blocks.set(key, block);
      }
      const place = previous ? previous.nextSibling : this.element.firstChild;
      if (place !== block.element) this.element.insertBefore(block.element, place);
      previous = block.element;
    }
  }

  #view() {
    const { store } = this;
    return {
      me: store.me,
      isPrivate: store.isPrivate,
      actions: {
        open: (id) => this.#open(id),
        menu: (message, button) => this.#menu(message, button),
        react: (message, emoji) => store.attempt("react", store.here({ message_id: message.message_id, emoji })),
        press: (message, row, column, key) => this.#press(message, row, column, key),
        reveal: (id) => this.#reveal(id),
        command: (text) => store.attempt("say", store.here({ text })),
        deepLink: (payload) => this.#followDeepLink(payload),
        startPayload: (url) => startPayload(url, store.state.bot.username),
        copy: (text) => navigator.clipboard?.writeText(text).then(() => toast("Copied")),
      },
    };
  }

  async #press(message, row, column, key) {
    key.classList.add("is-waiting");
    key.setAttribute("aria-busy", "true");
    const done = () => {
      key.classList.remove("is-waiting");
      key.removeAttribute("aria-busy");
    };
    try {
      const queryId = await act("press", this.store.here({ message_id: message.message_id, row, column }));
      this.store.waitingButtons.set(queryId, done);
      setTimeout(done, BUTTON_PATIENCE);
    } catch (error) {
      done();
      if (!(error instanceof Sorry)) throw error;
      this.store.say("sorry", error.message);
    }
  }

  async #followDeepLink(payload) {
    await this.store.attempt("start", { me: this.store.me, payload });
    this.store.go(this.store.me);
  }

  #open(messageId) {
    const shots = this.store.messages.filter((each) => each.photo);
    const photos = shots.map((each) => ({ fileId: each.photo.at(-1).file_id, text: each.caption }));
    lightbox(photos, shots.findIndex((each) => each.message_id === messageId));
  }

  #reveal(messageId) {
    const target = [...this.element.children].find((each) => each.dataset.id === String(messageId));
    if (!target) return toast("This message is further up.");
    target.scrollIntoView({ block: "center" });
    target.classList.remove("is-revealed");
    requestAnimationFrame(() => target.classList.add("is-revealed"));
    return undefined;
  }

  #menu(message, button) {
    const { store } = this;
    const mine = message.from.id === store.me && !message.forward_origin;
    const picker = h("div.menu-reactions", { role: "group", "aria-label": "React" });
    const items = [
      { label: "Reply", icon: "reply", act: () => this.onReply(message) },
      mine && { label: message.text ? "Edit" : "Edit caption", icon: "edit", act: () => this.onEdit(message) },
      (message.text || message.caption) && {
        label: "Copy text",
        icon: "copy",
        act: () => navigator.clipboard?.writeText(message.text ?? message.caption),
      },
      !store.isPrivate && { label: "Send to Pupil", icon: "forward", act: () => this.#forward(message) },
      (mine || store.isPrivate || store.chat.my_status === "creator") && {
        label: "Delete",
        icon: "trash",
        danger: true,
        act: () => this.#delete(message),
      },
    ];
    const list = menu(button, items.filter(Boolean), picker);
    for (const emoji of store.state.reactions.slice(0, 8)) {
      const react = () => {
        list.hidePopover();
        this.#view().actions.react(message, emoji);
      };
      const facts = { type: "button", role: "menuitem", "aria-label": `React with ${emoji}`, onclick: react };
      picker.append(h("button.menu-emoji", facts, emoji));
    }
    list.querySelector(".menu-item").focus();
  }

  async #forward(message) {
    const sent = await this.store.attempt(
      "forward",
      this.store.here({ message_id: message.message_id, to_chat_id: this.store.me }),
    );
    if (sent) toast("Forwarded to your private chat with Pupil");
  }

  async #delete(message) {
    const sure = await confirmBox(
      "Delete this message?",
      "It is deleted for everybody. What Pupil has learned from it stays, as in Telegram: bots are not told.",
      "Delete",
    );
    if (sure) await this.store.attempt("delete", this.store.here({ message_ids: [message.message_id] }));
  }

  #maybeOlder() {
    if (this.scroller.scrollTop > 60 || !this.store.hasOlder || this.loadingOlder) return;
    this.loadingOlder = true;
    this.store.loadOlder().catch(() => {}).finally(() => (this.loadingOlder = false));
  }
}

function isSameRun(before, next) {
  const soon = before && next.date - before.date < SAME_RUN_SECONDS;
  return Boolean(soon && before.from.id === next.from.id && !serviceLine(before));
}

function grouped(messages) {
  const groups = [];
  for (const message of messages) {
    const last = groups.at(-1);
    if (message.media_group_id && last?.[0].media_group_id === message.media_group_id) last.push(message);
    else groups.push([message]);
  }
  return groups;
}

/** The payload of a link that starts this bot, "" for one without, null for any other link. */
function startPayload(url, username) {
  const found = /^(?:https?:\/\/)?t\.me\/(\w+)\/?(?:\?start=([\w-]*))?$/i.exec(url);
  return found && found[1].toLowerCase() === username.toLowerCase() ? found[2] ?? "" : null;
}
