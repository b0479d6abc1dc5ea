// The chat page, wired once.

import { Attachments } from "./attachments.js";
import { Composer } from "./composer.js";
import { h } from "./dom.js";
import { Header } from "./header.js";
import { Log } from "./log.js";
import { alertBox, toast } from "./overlays.js";
import { listen, Sorry } from "./server.js";
import { Sidebar } from "./sidebar.js";
import { Store } from "./store.js";

const LOST = "The connection is lost. Trying again… If this stays, start Pupil again with “pupil run”.";
const PATIENCE = 600;

function wire() {
  const store = new Store();
  const app = document.getElementById("app");
  const showChat = () => app.classList.add("shows-chat");
  const attachments = new Attachments(store, { takeReply: () => composer.takeReply() });
  const onFiles = (files) => attachments.add(files);
  const composer = new Composer(store, { onFiles });
  new Log(
    store,
    { onReply: (message) => composer.reply(message), onEdit: (message) => composer.edit(message), onFiles },
  );
  new Header(store, { onBack: () => app.classList.remove("shows-chat") });
  new Sidebar(store, { onChosen: showChat });
  showChat();
  store.on("sorry", (sentence) => toast(sentence, "sorry"));
  store.on("answer", ({ text, alert }) => text && (alert ? alertBox(text) : toast(text)));
  return store;
}

function showConnection(store) {
  const banner = document.getElementById("banner");
  let timer = null;
  let wasLost = false;
  return (connected) => {
    clearTimeout(timer);
    if (connected) {
      banner.hidden = true;
      if (wasLost) store.catchUp().catch(() => {});
      wasLost = false;
      return;
    }
    wasLost = true;
    // A blink of the line is nobody's business.
    timer = setTimeout(() => {
      banner.replaceChildren(h("span.spinner", { "aria-hidden": "true" }), LOST);
      banner.hidden = false;
    }, PATIENCE);
  };
}

async function begin() {
  const store = wire();
  try {
    await store.begin();
  } catch (error) {
    if (!(error instanceof Sorry)) throw error;
    toast(error.message, "sorry");
    setTimeout(() => location.reload(), 3000);
    return;
  }
  listen((news) => store.take(news), showConnection(store));
  if (matchMedia("(pointer: fine)").matches) document.getElementById("composer-input").focus();
}

begin();
