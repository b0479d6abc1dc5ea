// Talking to the server: questions, acts, uploads with progress, and news over one socket that comes back by itself.

const UNREACHABLE = "The server does not answer. See if Pupil is still running, then try again.";
const STRANGE = "Something went wrong on the server. Try again; if it stays, restart Pupil.";

/** A sentence for the person, ready to be shown. */
export class Sorry extends Error {}

export async function ask(path) {
  const response = await reach(path);
  return body(response);
}

export async function act(name, form) {
  const response = await reach(`/api/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(form),
  });
  return (await body(response)).result;
}

/** Send a form with files; `onProgress` gets a share between 0 and 1. */
export function upload(form, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/show");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () => reject(new Sorry(UNREACHABLE));
    request.onload = () => {
      if (request.response?.ok) resolve(request.response.result);
      else reject(new Sorry(request.response?.sentence ?? STRANGE));
    };
    request.send(form);
  });
}

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    throw new Sorry(UNREACHABLE);
  }
}

async function body(response) {
  const decoded = await response.json().catch(() => null);
  if (!response.ok || decoded === null) throw new Sorry(decoded?.sentence ?? STRANGE);
  return decoded;
}

const FIRST_PAUSE = 400;
const LONGEST_PAUSE = 5000;

/** Listen for ever; `onStatus(true)` at each (re)connection, `onStatus(false)` when the line is lost. */
export function listen(onNews, onStatus) {
  let pause = FIRST_PAUSE;
  const connect = () => {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/events`);
    socket.onmessage = (frame) => {
      const news = JSON.parse(frame.data);
      if (news.type === "hello") {
        pause = FIRST_PAUSE;
        onStatus(true);
      } else onNews(news);
    };
    socket.onclose = () => {
      onStatus(false);
      setTimeout(connect, pause);
      pause = Math.min(pause * 1.6, LONGEST_PAUSE);
    };
  };
  connect();
}
