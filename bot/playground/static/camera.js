// Taking a photo: the phone's own camera app where there is one, a small viewfinder on computers.

import { h, icon } from "./dom.js";
import { dialog } from "./overlays.js";

const NO_CAMERA = "No camera could be opened. Allow it in the browser's address bar, or attach a photo instead.";

export function openCamera(onFiles) {
  if (matchMedia("(pointer: coarse)").matches || !navigator.mediaDevices?.getUserMedia) return cameraApp(onFiles);
  return viewfinder(onFiles);
}

function cameraApp(onFiles) {
  const input = h("input", { type: "file", accept: "image/*", capture: "environment" });
  input.addEventListener("change", () => onFiles([...input.files]));
  input.click();
}

async function viewfinder(onFiles) {
  let stream = null;
  const video = h(
    "video.viewfinder",
    { autoplay: true, playsinline: true, muted: true, "aria-label": "What the camera sees" },
  );
  const note = h("p.hint", { role: "status" }, "Opening the camera…");
  const shoot = h("button.primary.is-large", { type: "button", disabled: true }, icon("camera"), "Take the photo");
  const box = dialog(
    { title: "Take a photo", onclose: () => stream?.getTracks().forEach((track) => track.stop()) },
    video,
    note,
    h("div.sheet-actions", {}, shoot),
  );
  shoot.addEventListener("click", async () => {
    const file = await snapshot(video);
    box.close();
    onFiles([file]);
  });
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: {
      facingMode: "environment",
      width: { ideal: 1920 },
    } });
    if (!box.isConnected) return stream.getTracks().forEach((track) => track.stop());
    video.srcObject = stream;
    note.textContent = "";
    shoot.disabled = false;
    shoot.focus();
  } catch {
    note.textContent = NO_CAMERA;
  }
  return undefined;
}

function snapshot(video) {
  const canvas = h("canvas", { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((resolve) => {
    canvas.toBlob((blob) => resolve(new File([blob], "camera.jpg", { type: "image/jpeg" })), "image/jpeg", 0.92);
  });
}
