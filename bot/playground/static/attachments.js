// Files on their way: picked, dropped or pasted, looked at once more, named, and sent as photos, files or albums.

import { fileSize, h, icon, iconButton } from "./dom.js";
import { dialog, toast } from "./overlays.js";
import { Sorry, upload } from "./server.js";

const MAX_BYTES = 50 * 1024 * 1024;
const MAX_TOGETHER = 100 * 1024 * 1024;
const MAX_CAPTION = 1024;
const PHOTO_TYPES = /^image\/(jpeg|png|webp|gif|bmp)$/;

export class Attachments {
  #items = [];
  #box = null;

  constructor(store, { takeReply }) {
    this.store = store;
    this.takeReply = takeReply;
    this.#acceptDrops();
    addEventListener("paste", (event) => this.#pasted(event));
  }

  /** Show the preview; files that cannot be sent are named and left out. */
  add(files) {
    const tooBig = files.filter((file) => file.size > MAX_BYTES);
    const empty = files.filter((file) => file.size === 0);
    for (const file of tooBig) this.store.say(
      "sorry",
      `${file.name} is too big: 50 MB is the most. Send a smaller copy.`,
    );
    for (const file of empty) this.store.say("sorry", `${file.name} is empty. Pick another file.`);
    const fine = files.filter((file) => file.size > 0 && file.size <= MAX_BYTES);
    if (!fine.length || this.store.chat?.bot_status === "kicked" && this.store.isPrivate) return;
    this.#items.push(...fine.map((file) => ({ file, url: URL.createObjectURL(file), caption: "" })));
    if (this.#box) this.#draw();
    else this.#open();
  }

  #open() {
    this.grid = h("div.preview");
    this.caption = h(
      "textarea.field",
      { rows: "2", maxlength: MAX_CAPTION, "aria-label": "Caption", placeholder: "What is it?" },
    );
    this.note = h("p.hint", { role: "status" });
    this.each = h("input", { type: "checkbox", onchange: () => this.#draw() });
    this.eachLabel = h("label.switch", {}, this.each, h("span", {}, "A caption for each"));
    this.asFiles = h("input", { type: "checkbox", onchange: () => this.#draw() });
    this.send = h("button.primary", { type: "submit" });
    this.progress = h("progress.progress", { max: "1", value: 0, hidden: true, "aria-label": "Sending" });
    const more = h(
      "input.unseen",
      {
        type: "file",
        multiple: true,
        "aria-label": "More photos or files",
        tabindex: "-1",
        onchange: () => this.add([...more.files]),
      },
    );
    const addMore = h("button.secondary", { type: "button", onclick: () => more.click() }, icon("plus"), "Add more");
    const form = h(
      "form.attachments",
      {},
      this.grid,
      this.caption,
      this.note,
      h(
        "div.choices",
        {},
        this.eachLabel,
        h("label.switch", {}, this.asFiles, h("span", {}, "Send as file, in full quality")),
      ),
      this.progress,
      h("div.sheet-actions", {}, addMore, more, this.send),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#sendAll();
    });
    this.caption.addEventListener("input", () => this.#drawNote());
    form.addEventListener("keydown", (event) => {
      const isSending = event.key === "Enter" && !event.shiftKey && !event.isComposing;
      if (!isSending || !event.target.matches("textarea, .tile-caption")) return;
      event.preventDefault();
      form.requestSubmit();
    });
    this.#box = dialog({ title: "Send photos", onclose: () => this.#closed() }, form);
    this.#draw();
    this.caption.focus();
  }

  #closed() {
    for (const item of this.#items) URL.revokeObjectURL(item.url);
    this.#items = [];
    this.#box = null;
    document.getElementById("composer-input").focus();
  }

  get #allPhotos() {
    return this.#items.every(({ file }) => PHOTO_TYPES.test(file.type));
  }

  #draw() {
    const count = this.#items.length;
    if (!count) return this.#box.close();
    const photos = this.#allPhotos && !this.asFiles.checked;
    if (!this.#allPhotos) this.asFiles.checked = true;
    this.asFiles.disabled = !this.#allPhotos;
    this.eachLabel.hidden = count < 2;
    if (count < 2) this.each.checked = false;
    this.caption.hidden = this.each.checked;
    const noun = photos ? "photo" : "file";
    this.#box.querySelector("h2").textContent = count === 1 ? `Send a ${noun}` : `Send ${count} ${noun}s`;
    this.send.replaceChildren(icon("send"), "Send");
    this.caption.placeholder = count === 1 ? "What is it?" : "What are they? One name for all";
    this.grid.classList.toggle("is-single", count === 1);
    this.grid.replaceChildren(...this.#items.map((item) => this.#tile(item)));
    return this.#drawNote();
  }

  #drawNote() {
    const shared = this.caption.value.trim() ? this.#items.length : 0;
    const named = this.each.checked ? this.#items.filter((item) => item.caption.trim()).length : shared;
    const albums = Math.ceil(this.#items.length / this.store.state.max_album);
    let lesson = "Named ones are lessons, the others questions.";
    if (named === 0) lesson = "Without a caption this is a question.";
    else if (named === this.#items.length) lesson = "With its name this is a lesson.";
    this.note.textContent = albums > 1 ? `${lesson} Goes out as ${albums} albums.` : lesson;
  }

  #tile(item) {
    const isPhoto = PHOTO_TYPES.test(item.file.type);
    const name = item.file.name || "photo";
    const picture = isPhoto ? h("img", { src: item.url, alt: name }) : h(
      "span.preview-file",
      {},
      icon("file"),
      h("span", {}, name),
      h("small", {}, fileSize(item.file.size)),
    );
    const field = h("input.field.tile-caption", {
      type: "text",
      maxlength: MAX_CAPTION,
      value: item.caption,
      placeholder: "Name",
      "aria-label": `Caption for ${name}`,
      hidden: !this.each.checked,
      oninput: (event) => {
        item.caption = event.target.value;
        this.#drawNote();
      },
    });
    return h(
      "figure.preview-tile",
      {},
      picture,
      iconButton("close", `Leave out ${name}`, () => this.#leaveOut(item), "round.is-tiny.leave-out"),
      field,
    );
  }

  #leaveOut(item) {
    URL.revokeObjectURL(item.url);
    this.#items = this.#items.filter((each) => each !== item);
    this.#draw();
  }

  async #sendAll() {
    const size = this.store.state.max_album;
    const replyTo = this.takeReply();
    const place = this.store.here();
    this.send.disabled = true;
    this.progress.hidden = false;
    try {
      while (this.#items.length) {
        const batch = this.#batch(size);
        await upload(this.#form(place, batch, replyTo), (share) => (this.progress.value = share));
        this.#items = this.#items.slice(batch.length);
      }
      this.#box?.close();
    } catch (error) {
      if (!(error instanceof Sorry)) throw error;
      this.store.say("sorry", error.message);
    } finally {
      this.send.disabled = false;
      this.progress.hidden = true;
      if (this.#box) this.#draw();
    }
  }

  /** As many as fit into one album and one request. */
  #batch(size) {
    let bytes = 0;
    const end = this.#items.slice(0, size).findIndex(({ file }) => (bytes += file.size) > MAX_TOGETHER);
    return this.#items.slice(0, end > 0 ? end : size);
  }

  #form(place, batch, replyTo) {
    const form = new FormData();
    form.append("me", place.me);
    form.append("chat_id", place.chat_id);
    form.append("as_files", String(this.asFiles.checked));
    if (replyTo) form.append("reply_to", replyTo);
    // As in Telegram's apps one caption for an album hangs on its first photo.
    const shared = batch.map((_, index) => (index === 0 ? this.caption.value : ""));
    const captions = this.each.checked ? batch.map((item) => item.caption) : shared;
    form.append("captions", JSON.stringify(captions));
    batch.forEach(({ file }, index) => form.append(`file${index}`, file, file.name || "photo.jpg"));
    return form;
  }

  #pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.add(files);
  }

  #acceptDrops() {
    const target = document.getElementById("drop-target");
    target.append(h(
      "div.drop-words",
      {},
      icon("attach"),
      h("strong", {}, "Drop to send"),
      h("span", {}, "Photos with a name are lessons, photos without one are questions"),
    ));
    let depth = 0;
    const show = (visible) => (target.hidden = !visible);
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    addEventListener("dragenter", (event) => hasFiles(event) && show((depth += 1) > 0));
    addEventListener("dragleave", (event) => hasFiles(event) && show((depth = Math.max(0, depth - 1)) > 0));
    addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
    addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth = 0;
      show(false);
      const files = [...event.dataTransfer.files];
      if (files.length) this.add(files);
      else toast("A folder cannot be sent. Drop the photos inside it.");
    });
  }
}
