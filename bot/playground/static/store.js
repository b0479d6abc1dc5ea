// What the page knows: the state of the playground, who I am, which chat is open, and its messages.

import { act, ask, Sorry } from "./server.js";

const PAGE = 60;
const TYPING_SECONDS = 5.5;
const REFRESH_SECONDS = 30;

/** Fires "state", "log", "place" (another person or chat), "typing", "answer" and "sorry". */
export class Store extends EventTarget {
  state = null;
  me = 0;
  chatId = 0;
  messages = [];
  hasOlder = false;
  loaded = false;
  typing = new Map();
  waitingButtons = new Map();
  #refreshing = null;

  async begin() {
    await this.refresh();
    this.#readPlace();
    addEventListener("hashchange", () => this.#changePlace());
    setInterval(() => document.hidden || this.refresh().catch(() => {}), REFRESH_SECONDS * 1000);
    addEventListener("focus", () => this.markRead());
  }

  get person() {
    return this.state.people.find((each) => each.id === this.me);
  }

  get chat() {
    return this.person?.chats.find((each) => each.id === this.chatId);
  }

  get isPrivate() {
    return this.chatId > 0;
  }

  say(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  on(kind, listener) {
    this.addEventListener(kind, (event) => listener(event.detail));
  }

  /** Do something that may be refused; the refusal is shown, and the result is undefined. */
  async attempt(name, form) {
    try {
      return await act(name, form);
    } catch (error) {
      if (!(error instanceof Sorry)) throw error;
      this.say("sorry", error.message);
      return undefined;
    }
  }

  here(extra = {}) {
    return { me: this.me, chat_id: this.chatId, ...extra };
  }

  go(me, chatId = me) {
    location.hash = `${me}/${chatId}`;
  }

  async refresh() {
    this.state = await ask("/api/state");
    if (this.me && !this.person) this.#readPlace();
    else if (this.me && !this.chat) this.go(this.me);
    this.say("state");
  }

  /** Many events at once cost one request. */
  refreshSoon() {
    this.#refreshing ??= setTimeout(() => {
      this.#refreshing = null;
      this.refresh().catch(() => {});
    }, 80);
  }

  async loadLog() {
    const { me, chatId } = this;
    const { messages } = await ask(`/api/chats/${chatId}/messages?me=${me}&limit=${PAGE}`);
    if (me !== this.me || chatId !== this.chatId) return;
    this.messages = messages;
    this.hasOlder = messages.length === PAGE;
    this.loaded = true;
    this.say("log", { fresh: true });
    this.markRead();
  }

  async loadOlder() {
    const { me, chatId } = this;
    const before = this.messages[0]?.message_id ?? 0;
    const { messages } = await ask(`/api/chats/${chatId}/messages?me=${me}&limit=${PAGE}&before=${before}`);
    if (me !== this.me || chatId !== this.chatId) return;
    this.hasOlder = messages.length === PAGE;
    this.messages = [...messages, ...this.messages];
    this.say("log", { older: true });
  }

  async catchUp() {
    await this.refresh();
    if (this.chatId) await this.loadLog();
  }

  markRead() {
    const last = this.messages.at(-1);
    if (!last || document.hidden || !document.hasFocus() || !this.chat?.unread) return;
    act("read", this.here({ message_id: last.message_id })).catch(() => {});
  }

  take(news) {
    const handlers = {
      message: () => this.#added(news),
      edited: () => this.#replaced(news),
      deleted: () => this.#removed(news),
      typing: () => this.#typing(news),
      answer: () => this.#answered(news),
    };
    handlers[news.type]?.();
    if (news.type !== "typing" && news.type !== "answer") this.refreshSoon();
  }

  #added({ chat_id: chatId, message }) {
    if (message.from.is_bot) this.#stopTyping(chatId);
    if (chatId !== this.chatId || this.messages.some((each) => each.message_id === message.message_id)) return;
    this.messages = [...this.messages, message];
    this.say("log", { added: message });
    this.refresh().then(() => this.markRead()).catch(() => {});
  }

  #replaced({ chat_id: chatId, message }) {
    if (chatId !== this.chatId) return;
    this.messages = this.messages.map((each) => (each.message_id === message.message_id ? message : each));
    this.say("log", {});
  }

  #removed({ chat_id: chatId, message_ids: ids }) {
    if (chatId !== this.chatId) return;
    this.messages = this.messages.filter((each) => !ids.includes(each.message_id));
    this.say("log", {});
  }

  #typing({ chat_id: chatId, action }) {
    clearTimeout(this.typing.get(chatId)?.timer);
    const timer = setTimeout(() => this.#stopTyping(chatId), TYPING_SECONDS * 1000);
    this.typing.set(chatId, { action, timer });
    this.say("typing");
  }

  #stopTyping(chatId) {
    clearTimeout(this.typing.get(chatId)?.timer);
    if (this.typing.delete(chatId)) this.say("typing");
  }

  #answered(news) {
    this.waitingButtons.get(news.query_id)?.();
    this.waitingButtons.delete(news.query_id);
    if (news.person_id === this.me) this.say("answer", news);
  }

  /** A link may name somebody who came after the last look. */
  async #changePlace() {
    const [me, chatId] = location.hash.slice(1).split("/").map(Number);
    const known = this.state.people.find((each) => each.id === me)?.chats.some((each) => each.id === chatId);
    if (!known) await this.refresh().catch(() => {});
    this.#readPlace();
  }

  #readPlace() {
    const [me, chatId] = location.hash.slice(1).split("/").map(Number);
    const person = this.state.people.find((each) => each.id === me) ?? this.state.people[0];
    const chat = person.chats.find((each) => each.id === chatId) ?? person.chats[0];
    if (person.id === this.me && chat.id === this.chatId) return;
    this.me = person.id;
    this.chatId = chat.id;
    this.messages = [];
    this.loaded = false;
    this.say("place");
    this.loadLog().catch((error) => this.say("sorry", error.message));
  }
}
