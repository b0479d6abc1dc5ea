// Below the log: writing, replying, editing, commands, reply keyboards.

import { h, icon, iconButton } from "./dom.js";
import { openCamera } from "./camera.js";
import { plainPreview } from "./rich_text.js";

const MAX_HEIGHT = 180;

export class Composer {
  #reply = null;
  #edited = null;
  #forced = null;
  #choice = -1;
  #drafts = new Map();
  #sending = Promise.resolve();
  #place = "";

  constructor(store, { onFiles }) {
    this.store = store;
    this.onFiles = onFiles;
    this.element = document.getElementById("composer");
    this.#build();
    store.on("place", () => this.#moved());
    store.on("state", () => this.#drawState());
  }

  #build() {
    this.input = h(
      "textarea.writing",
      {
        id: "composer-input",
        rows: "1",
        placeholder: "Message",
        "aria-label": "Message",
        "aria-controls": "command-list",
        "aria-expanded": "false",
        role: "combobox",
        "aria-autocomplete": "list",
        enterkeyhint: "send",
      },
    );
    this.picker = h(
      "input.unseen",
      { type: "file", multiple: true, "aria-label": "Photos or files to send", tabindex: "-1", id: "file-input" },
    );
    this.commandsButton = h(
      "button.menu-button",
      { type: "button", "aria-label": "Commands", onclick: () => this.#toggleCommands() },
      "Menu",
    );
    this.sendButton = h("button.round.send", { type: "submit", "aria-label": "Send", title: "Send" }, icon("send"));
    this.commandList = h(
      "div.commands",
      { id: "command-list", role: "listbox", "aria-label": "Commands", hidden: true },
    );
    this.above = h("div.above", { hidden: true });
    this.keys = h("div.reply-keyboard", { role: "group", "aria-label": "Suggested answers", hidden: true });
    this.keysButton = iconButton("keyboard", "Show suggested answers", () => this.#toggleKeys(), "round.keys-button");
    this.form = h(
      "form.writing-row",
      { "aria-label": "Write a message" },
      this.commandsButton,
      iconButton("attach", "Attach photos or files", () => this.picker.click()),
      iconButton("camera", "Take a photo", () => openCamera((files) => this.onFiles(files))),
      this.input,
      this.keysButton,
      this.sendButton,
      this.picker,
    );
    this.blocked = h(
      "div.blocked",
      { hidden: true },
      h(
        "button.primary",
        { type: "button", onclick: () => this.store.attempt("start", { me: this.store.me }) },
        "Restart the chat",
      ),
      h("span", {}, "You have blocked Pupil here."),
    );
    this.element.append(this.commandList, this.above, this.form, this.keys, this.blocked);
    this.#listen();
  }

  #listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.input.addEventListener("input", () => this.#written());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener(
      "blur",
      () => setTimeout(() => document.activeElement === this.input || this.#hideCommands(), 150),
    );
    this.picker.addEventListener("change", () => {
      this.onFiles([...this.picker.files]);
      this.picker.value = "";
    });
  }

  get replyTo() {
    return this.#reply?.message_id ?? null;
  }

  takeReply() {
    const id = this.replyTo;
    this.#setAbove(null, null);
    return id;
  }

  reply(message) {
    this.#setAbove(message, null);
    this.input.focus();
  }

  edit(message) {
    this.#setAbove(null, message);
    this.input.value = message.text ?? message.caption ?? "";
    this.#written();
    this.input.focus();
  }

  #setAbove(reply, edited) {
    if (this.#edited && !edited) this.input.value = "";
    this.#reply = reply;
    this.#edited = edited;
    const message = reply ?? edited;
    this.above.hidden = !message;
    this.input.setAttribute("aria-label", edited ? "Edit the message" : reply ? "Reply" : "Message");
    if (!message) return this.#grow();
    const title = edited ? (edited.text ? "Edit message" : "Edit caption") : `Reply to ${this.#nameOf(reply.from)}`;
    this.above.replaceChildren(
      icon(edited ? "edit" : "reply"),
      h("span.above-words", {}, h("strong", {}, title), h("span", {}, plainPreview(message))),
      iconButton("close", edited ? "Stop editing" : "Do not reply", () => this.#setAbove(null, null)),
    );
    return this.#grow();
  }

  #nameOf(user) {
    return user.id === this.store.me ? "yourself" : user.first_name;
  }

  // The field is free at once: whoever types on while a message is on its way must not lose a letter.
  #send() {
    const said = { text: this.input.value, reply: this.#reply, edited: this.#edited, place: this.#place };
    this.input.focus();
    if (!said.text.trim() && !(said.edited && !said.edited.text)) return;
    const { store } = this;
    const [name, form] = said.edited
      ? ["edit", store.here({ message_id: said.edited.message_id, text: said.text })]
      : ["say", store.here({ text: said.text, reply_to: this.replyTo })];
    this.input.value = "";
    this.#setAbove(null, null);
    this.#written();
    const before = this.#sending;
    this.#sending = (async () => {
      await before.catch(() => undefined); // what went wrong with an earlier one was said then
      if ((await store.attempt(name, form)) === undefined) this.#giveBack(said);
    })();
  }

  #giveBack({ text, reply, edited, place }) {
    const here = place === this.#place;
    const since = here ? this.input.value : this.#drafts.get(place);
    const both = since ? `${text}\n${since}` : text;
    if (!here) return void this.#drafts.set(place, both);
    this.#setAbove(reply, edited);
    this.input.value = both;
    this.#written();
  }

  #key(event) {
    const listOpen = !this.commandList.hidden;
    if (listOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.#choose(this.#choice + (event.key === "ArrowDown" ? 1 : -1));
    } else if (listOpen && event.key === "Tab" && !event.shiftKey) {
      event.preventDefault();
      this.#complete();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (listOpen && this.#choice >= 0) this.#sendCommand(this.#shown()[this.#choice].command);
      else this.#send();
    } else if (event.key === "Escape") {
      if (listOpen) this.#hideCommands();
      else this.#setAbove(null, null);
    } else if (event.key === "ArrowUp" && !this.input.value && !this.#edited) {
      const mine = this.store.messages.filter((each) => each.from.id === this.store.me && !each.forward_origin);
      const last = mine.findLast((each) => each.text || each.photo || each.document);
      if (last) {
        event.preventDefault();
        this.edit(last);
      }
    }
  }

  #written() {
    this.#grow();
    const isCommand = /^\/\w*$/.test(this.input.value) && !this.#edited;
    if (isCommand && this.#shown().length) this.#showCommands();
    else this.#hideCommands();
  }

  #grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, MAX_HEIGHT)}px`;
  }

  // Commands

  #shown() {
    const typed = this.input.value.startsWith("/") ? this.input.value.slice(1).toLowerCase() : "";
    return (this.store.chat?.commands ?? []).filter((each) => each.command.startsWith(typed));
  }

  #showCommands() {
    this.commandList.replaceChildren(...this.#shown().map((each, index) => this.#commandOption(each, index)));
    this.commandList.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.#choose(this.input.value.length > 1 ? 0 : -1);
  }

  #commandOption({ command, description }, index) {
    const choose = (event) => {
      event.preventDefault();
      this.#sendCommand(command);
    };
    const facts = { role: "option", id: `command-${index}`, "aria-selected": "false", onpointerdown: choose };
    return h("div.command", facts, h("strong", {}, `/${command}`), h("span", {}, description));
  }

  #hideCommands() {
    this.commandList.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.#choice = -1;
  }

  #toggleCommands() {
    const wasOpen = !this.commandList.hidden;
    this.input.focus();
    if (wasOpen) return this.#hideCommands();
    if (!this.#shown().length) this.input.value = "";
    return this.#showCommands();
  }

  #choose(index) {
    const options = [...this.commandList.children];
    if (!options.length) return;
    this.#choice = index < 0 ? -1 : index % options.length;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === this.#choice)));
    if (this.#choice < 0) return;
    options[this.#choice].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `command-${this.#choice}`);
  }

  #complete() {
    const chosen = this.#shown()[Math.max(this.#choice, 0)];
    if (chosen) this.input.value = `/${chosen.command} `;
    this.#hideCommands();
  }

  async #sendCommand(command) {
    this.#hideCommands();
    this.input.value = "";
    const { store } = this;
    const address = store.isPrivate ? "" : `@${store.state.bot.username}`;
    await store.attempt("say", store.here({ text: `/${command}${address}` }));
    this.#written();
  }

  // Keyboards the bot put under the input, and questions that want an answer

  #toggleKeys() {
    this.keys.hidden = !this.keys.hidden;
    this.keysButton.setAttribute("aria-expanded", String(!this.keys.hidden));
  }

  #moved() {
    this.#drafts.set(this.#place, this.input.value);
    this.#place = `${this.store.me}/${this.store.chatId}`;
    this.#edited = null;
    this.#setAbove(null, null);
    this.input.value = this.#drafts.get(this.#place) ?? "";
    this.#forced = null;
    this.#drawState();
    this.#grow();
  }

  #drawState() {
    const { chat } = this.store;
    if (!chat) return;
    const blocked = chat.bot_status === "kicked" && this.store.isPrivate;
    this.form.hidden = blocked;
    this.blocked.hidden = !blocked;
    this.commandsButton.hidden = !chat.commands.length;
    this.#drawKeyboard(chat.keyboard);
    this.input.placeholder = chat.keyboard?.input_field_placeholder ?? "Message";
  }

  #drawKeyboard(keyboard) {
    const rows = keyboard?.keyboard;
    this.keysButton.hidden = !rows;
    const signature = JSON.stringify(rows ?? null);
    if (this.keys.dataset.signature !== signature) {
      this.keys.dataset.signature = signature;
      this.keys.hidden = !rows;
      this.keys.replaceChildren(...(rows ?? []).map((row) => h(
        "div.keyboard-row",
        {},
        row.map(({ text }) => h(
          "button.key",
          { type: "button", onclick: () => this.store.attempt("say", this.store.here({ text })) },
          text,
        )),
      )));
    }
    if (keyboard?.force_reply && this.#forced !== keyboard.message_id) {
      const question = this.store.messages.find((each) => each.message_id === keyboard.message_id);
      if (!question) return;
      this.#forced = keyboard.message_id;
      this.reply(question);
    }
  }
}
