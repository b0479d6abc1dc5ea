// On the left: who I am, and my chats.

import { avatar, badge, clockTime, eye, h, icon, iconButton } from "./dom.js";
import { plainPreview } from "./rich_text.js";
import { askFor } from "./overlays.js";

export class Sidebar {
  constructor(store, { onChosen }) {
    this.store = store;
    this.onChosen = onChosen;
    this.people = h("div.people", { role: "radiogroup", "aria-label": "Who you are" });
    this.chats = h("ul.chats");
    this.element = document.getElementById("sidebar");
    this.element.append(
      h(
        "div.brand",
        {},
        eye("eye is-brand"),
        h("div", {}, h("h1", {}, "Pupil"), h("p", {}, "Playground on this computer")),
      ),
      h("h2.section-title", { id: "you-are" }, "You are"),
      this.people,
      h(
        "div.section-head",
        {},
        h("h2.section-title", {}, "Chats"),
        iconButton("plus", "New group", () => this.#newGroup(), "round.is-tiny"),
      ),
      h("div.chats-scroll", {}, this.chats),
      h("p.promise", {}, icon("shield"), "Nothing leaves this computer."),
    );
    this.people.addEventListener("keydown", (event) => this.#arrows(event));
    store.on("state", () => this.draw());
    store.on("place", () => this.draw());
  }

  draw() {
    if (!this.store.me) return;
    const focused = document.activeElement?.dataset?.key;
    this.people.replaceChildren(...this.store.state.people.map((person) => this.#person(person)), this.#addPerson());
    this.chats.replaceChildren(...this.store.person.chats.map((chat) => this.#chat(chat)));
    if (focused) this.element.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    const unread = this.store.person.chats.reduce((sum, chat) => sum + chat.unread, 0);
    document.title = unread ? `(${unread}) Pupil` : "Pupil";
  }

  #person(person) {
    const isMe = person.id === this.store.me;
    const unread = isMe ? 0 : person.chats.reduce((sum, chat) => sum + chat.unread, 0);
    return h("button.person", {
      type: "button",
      role: "radio",
      "aria-checked": String(isMe),
      "aria-label": `${person.first_name}${unread ? `, ${unread} unread` : ""}`,
      tabindex: isMe ? "0" : "-1",
      "data-key": `person ${person.id}`,
      title: `Be ${person.first_name}`,
      onclick: () => this.#be(person),
    }, h(
      "span.person-face",
      {},
      avatar(person),
      unread ? h("span.dot", {}, unread > 9 ? "9+" : String(unread)) : null,
    ), h("span.person-name", {}, person.first_name));
  }

  #addPerson() {
    return h(
      "button.person.is-new",
      {
        type: "button",
        "aria-label": "Add a person",
        title: "Add a person",
        "data-key": "new person",
        onclick: () => this.#newPerson(),
      },
      h("span.person-face", {}, h("span.avatar.is-empty", {}, icon("plus"))),
      h("span.person-name", {}, "Add"),
    );
  }

  #be(person) {
    const here = this.store.chatId < 0 && person.chats.some((chat) => chat.id === this.store.chatId);
    this.store.go(person.id, here ? this.store.chatId : person.id);
  }

  #chat(chat) {
    const isHere = chat.id === this.store.chatId;
    const name = chat.type === "private" ? this.store.state.bot.first_name : chat.title;
    const face = chat.type === "private" ? avatar({ is_bot: true }) : h(
      "span.avatar.is-group",
      { "aria-hidden": "true" },
      icon("people"),
    );
    const words = this.#lastWords(chat);
    return h("li", {}, h("button.chat-row", {
      type: "button",
      "aria-current": isHere ? "true" : null,
      "data-key": `chat ${chat.id}`,
      onclick: () => {
        this.store.go(this.store.me, chat.id);
        this.onChosen();
      },
    }, face, h(
      "span.chat-words",
      {},
      h("span.chat-line", {}, h("strong", {}, name), chat.last ? h("time", {}, clockTime(chat.last.date)) : null),
      h("span.chat-line", {}, h("span.chat-last", {}, words), badge(chat.unread)),
    )));
  }

  #lastWords({ last, type }) {
    if (!last) return "Nothing here yet";
    if (last.from.id === this.store.me) return `You: ${plainPreview(last)}`;
    return type === "private" ? plainPreview(last) : `${last.from.first_name}: ${plainPreview(last)}`;
  }

  #arrows(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step || document.activeElement?.getAttribute("role") !== "radio") return;
    event.preventDefault();
    const people = this.store.state.people;
    const at = people.findIndex((each) => each.id === this.store.me);
    const next = people[(at + step + people.length) % people.length];
    this.#be(next);
    addEventListener(
      "hashchange",
      () => setTimeout(() => this.element.querySelector(`[data-key="person ${next.id}"]`)?.focus()),
      { once: true },
    );
  }

  async #newPerson() {
    const name = await askFor(
      "Add a person",
      { label: "Name", button: "Add", hint: "Somebody else to be, with a chat of their own." },
    );
    if (!name) return;
    const person = await this.store.attempt("people", { name });
    if (!person) return;
    await this.store.refresh();
    this.store.go(person.id);
  }

  async #newGroup() {
    const title = await askFor("New group", { label: "Name of the group", button: "Create" });
    if (!title) return;
    const chat = await this.store.attempt("groups", { me: this.store.me, title });
    if (!chat) return;
    await this.store.refresh();
    this.store.go(this.store.me, chat.id);
    this.onChosen();
  }
}
