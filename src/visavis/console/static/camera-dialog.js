// The dialog of a page that takes pictures with the camera; `data-camera` is the button that opens it.
import { CameraChooser } from "./camera-chooser.js";
import { closeCamera, NoCamera, openCamera, showCamera, still, stop } from "./camera-stream.js";
import { messages, plural } from "./messages.js";

const words = messages("camera-words");

// `take` is called with each picture, a File, and the number of the time that the camera was opened.
// With `several` the dialog stays open for more; else it closes after one.
export function takeByCamera(take, { several = false } = {}) {
  const dialog = document.getElementById("camera");
  const video = dialog.querySelector("video");
  const taking = dialog.querySelector("[data-take]");
  const state = dialog.querySelector("[data-state]");
  const problem = dialog.querySelector("[data-problem]");
  const chooser = new CameraChooser(dialog.querySelector("[data-cameras]"), words, open);
  let opened = 0;
  let taken = 0;
  let asked = 0;

  async function open(which) {
    const mine = (asked += 1);
    closeCamera(video);
    taking.disabled = true;
    problem.hidden = true;
    state.textContent = words.starting;
    try {
      const stream = await openCamera(which);
      // Closed, or asked for another one, while the browser was asking the user.
      if (!dialog.open || mine !== asked) {
        stop(stream);
        return;
      }
      await showCamera(video, stream);
      await chooser.show(stream);
      state.textContent = words.ready;
      taking.disabled = false;
      taking.focus();
    } catch (error) {
      if (!(error instanceof NoCamera)) throw error;
      if (mine !== asked) return;
      state.textContent = "";
      problem.hidden = false;
      problem.querySelector("p").textContent = words[error.reason];
    }
  }

  async function shoot() {
    const picture = await still(video);
    if (!picture) return;
    taken += 1;
    take(new File([picture], `camera-${taken}.jpg`, { type: "image/jpeg" }), opened);
    if (!several) dialog.close();
    else state.textContent = plural(words, "taken", taken);
  }

  for (const button of document.querySelectorAll("[data-camera]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      opened += 1;
      taken = 0;
      dialog.showModal();
      open();
    });
  }
  taking.addEventListener("click", shoot);
  dialog.addEventListener("close", () => closeCamera(video));
  addEventListener("pagehide", () => closeCamera(video));
}
