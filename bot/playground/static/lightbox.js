// One photo, large: arrows go through the chat's photos, Escape closes.

import { fileUrl, h, icon, iconButton } from "./dom.js";

export function lightbox(photos, start) {
  let index = start;
  const image = h("img.lightbox-image", { alt: "" });
  const caption = h("p.lightbox-caption", { "aria-live": "polite" });
  const save = h("a.round", { "aria-label": "Save the photo", title: "Save the photo" }, icon("download"));
  const box = h("dialog.lightbox", { "aria-label": "Photo" });
  const previous = iconButton("back", "Previous photo", () => show(index - 1), "round.lightbox-previous");
  const next = iconButton("next", "Next photo", () => show(index + 1), "round.lightbox-next");
  const close = iconButton("close", "Close", () => box.close());

  const show = (wanted) => {
    index = Math.min(Math.max(0, wanted), photos.length - 1);
    const { fileId, text } = photos[index];
    image.src = fileUrl(fileId);
    image.alt = text || "Photo";
    caption.textContent = text || "";
    save.href = fileUrl(fileId, true);
    previous.disabled = index === 0;
    next.disabled = index === photos.length - 1;
  };
  box.append(h("div.lightbox-bar", {}, save, close), previous, image, next, caption);
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(index - 1);
    if (event.key === "ArrowRight") show(index + 1);
  });
  box.addEventListener("click", (event) => event.target === box && box.close());
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  show(start);
  box.showModal();
  close.focus();
}
