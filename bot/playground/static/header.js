// Above the log: which chat this is, what the bot is doing, what is pinned, and what can be done with the chat.

import { avatar, h, icon, iconButton } from "./dom.js";
import { plainPreview } from "./rich_text.js";
import { confirmBox, dialog, menu } from "./overlays.js";

const DOING = {
  typing: "is typing",
  upload_photo: "is sending a photo",
  upload_document: "is sending a file",
  upload_video: "is sending a video",
};
const ROLES = { creator: "owner", administrator: "admin", member: "" };

export class Header {
  constructor(store, { onBack }) {
    this.store = store;
    this.element = document.getElementById("chat-header");
    this.pinned = document.getElementById("pinned");
    this.title = h("h2.chat-title");
    this.status = h("p.chat-status", { role: "status" });
    this.face = h("span.chat-face");
    const more = iconButton("more", "About this chat", () => this.#menu(more));
    more.setAttribute("aria-haspopup", "menu");
    this.element.append(
      iconButton("back", "Back to people and chats", onBack, "round.back"),
      this.face,
      h("div.chat-names", {}, this.title, this.status),
      more,
    );
    for (const kind of ["state", "place", "typing"]) store.on(kind, () => this.draw());
  }

  draw() {
    const { store } = this;
    if (!store.chat) return;
    const { chat, state } = store;
    this.title.textContent = store.isPrivate ? state.bot.first_name : chat.title;
    this.face.replaceChildren(store.isPrivate ? avatar({ is_bot: true }) : h(
      "span.avatar.is-group",
      {},
      icon("people"),
    ));
    const typing = store.typing.get(store.chatId);
    this.element.classList.toggle("is-thinking", Boolean(typing));
    this.status.classList.toggle("is-asleep", !state.bot.listening && !typing);
    this.status.replaceChildren(typing ? this.#typing(typing.action) : this.#quiet());
    this.#drawPinned(chat.pinned);
  }

  #typing(action) {
    const who = this.store.isPrivate ? "" : "Pupil ";
    return h(
      "span.typing",
      {},
      `${who}${DOING[action] ?? "is busy"}`,
      h("span.dots", { "aria-hidden": "true" }, h("i"), h("i"), h("i")),
    );
  }

  #quiet() {
    const { chat, state, isPrivate } = this.store;
    if (!isPrivate) {
      const inside = chat.bot_status !== "left" && chat.bot_status !== "kicked";
      return `${chat.members.length} members${inside ? "" : ", Pupil is not among them"}`;
    }
    if (chat.bot_status === "kicked") return "blocked by you";
    return state.bot.listening ? "awake" : "asleep: start it with “pupil run”, your messages wait";
  }

  #drawPinned(message) {
    this.pinned.hidden = !message;
    this.pinned.replaceChildren(...(message ? [
      icon("pin"),
      h("span", {}, h("strong", {}, "Pinned "), plainPreview(message)),
    ] : []));
  }

  #menu(button) {
    const { store } = this;
    menu(button, (store.isPrivate ? this.#privateItems() : this.#groupItems()).filter(Boolean));
  }

  #privateItems() {
    const { store } = this;
    const blocked = store.chat.bot_status === "kicked";
    return [
      { label: "Send /start", icon: "send", act: () => store.attempt("start", { me: store.me }) },
      blocked
        ? { label: "Unblock Pupil", icon: "check", act: () => store.attempt("unblock", { me: store.me }) }
        : { label: "Block Pupil", icon: "shield", danger: true, act: () => store.attempt("block", { me: store.me }) },
    ];
  }

  #groupItems() {
    const { store } = this;
    const { chat, state } = store;
    const bot = store.here({ user_id: state.bot.id });
    const inside = chat.bot_status !== "left" && chat.bot_status !== "kicked";
    const isAdmin = chat.bot_status === "administrator";
    const mayRule = chat.my_status === "creator" || chat.my_status === "administrator";
    return [
      { label: "Members", icon: "people", act: () => this.#members() },
      !inside && { label: "Add Pupil", icon: "plus", act: () => store.attempt("add", bot) },
      inside && mayRule && {
        label: isAdmin ? "Make Pupil a plain member" : "Make Pupil an admin",
        icon: "shield",
        act: () => store.attempt("promote", { ...bot, admin: !isAdmin }),
      },
      { label: "What Pupil may read", icon: "check", act: () => this.#privacy() },
      chat.type === "group" && { label: "Upgrade to a supergroup", icon: "forward", act: () => this.#upgrade() },
      inside && { label: "Remove Pupil", icon: "close", danger: true, act: () => store.attempt("remove", bot) },
      chat.my_status !== "creator" && {
        label: "Leave the group",
        icon: "back",
        danger: true,
        act: () => this.#leave(),
      },
    ];
  }

  async #upgrade() {
    const chatId = await this.store.attempt("upgrade", this.store.here());
    if (!chatId) return;
    await this.store.refresh();
    this.store.go(this.store.me, chatId);
  }

  async #leave() {
    const { store } = this;
    if (!(await confirmBox("Leave this group?", "You will not see its messages any more.", "Leave"))) return;
    const left = await store.attempt("remove", store.here({ user_id: store.me }));
    if (left !== undefined) store.go(store.me);
  }

  #members() {
    const { chat, state } = this.store;
    const rows = chat.members.map(({ user, status }) => h(
      "li.member",
      {},
      avatar(user),
      h("span.member-name", {}, user.first_name),
      h("span.role", {}, ROLES[status] ?? status),
    ));
    const outside = state.people.filter((person) => !chat.members.some(({ user }) => user.id === person.id));
    const adders = outside.map((person) => h("li.member", {}, avatar(person), h(
      "span.member-name",
      {},
      person.first_name,
    ), h("button.secondary", {
      type: "button",
      "aria-label": `Add ${person.first_name}`,
      onclick: async () => {
        box.close();
        await this.store.attempt("add", this.store.here({ user_id: person.id }));
      },
    }, "Add")));
    const box = dialog({ title: `${chat.title}: members` }, h("ul.members", {}, rows, adders));
  }

  #privacy() {
    const toggle = h("input", {
      type: "checkbox",
      checked: this.store.state.bot.reads_all,
      onchange: (event) => this.store.attempt("privacy", { reads_all: event.target.checked }),
    });
    dialog({ title: "What Pupil may read" },
      h(
        "p",
        {},
        "As in Telegram, a bot in a group gets only commands, mentions and replies to it."
          + " With privacy mode off, or as an admin, it gets every message.",
      ),
      h("label.switch", {}, toggle, h("span", {}, "Pupil reads every message in groups")),
      h(
        "p.hint",
        {},
        "A change holds once Pupil is removed from the group and added again. Making it an admin works at once.",
      ));
  }
}
