// The door view: the camera on the whole screen, and who stands before it.
import { CameraChooser } from "./camera-chooser.js";
import { closeCamera, NoCamera, openCamera, showCamera } from "./camera-stream.js";
import { element } from "./dom.js";
import { Looker } from "./door-look.js";
import { Verdict } from "./door-verdict.js";
import { fill, messages } from "./messages.js";

const LABEL = "visavis-door";
const words = messages("door-words");
const cameraWords = messages("camera-words");
const root = document.getElementById("main");
const find = (name) => root.querySelector(`[data-${name}]`);
const video = root.querySelector("video");
const form = find("start");
const problem = find("problem");
const trouble = find("trouble");
const full = find("full");
const change = find("change");
const label = document.getElementById("door-label");
const chooser = new CameraChooser(find("cameras"), cameraWords, () => {});
const verdict = new Verdict(root, find("verdict"), words);
let looker = null;
let lock = null;

label.value = remembered();
full.hidden = !document.fullscreenEnabled;
full.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : wholeScreen()));
change.addEventListener("click", () => {
  stop();
  verdict.clear();
  trouble.replaceChildren();
  ask();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  start();
});
addEventListener("pagehide", stop);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) verdict.clear();
  else if (looker) stayAwake();
});

async function start() {
  stop();
  problem.hidden = true;
  remember(label.value.trim());
  // Browsers allow the whole screen only in answer to a click.
  wholeScreen();
  try {
    const stream = await openCamera({ id: chooser.select.value });
    await showCamera(video, stream);
    stream.getVideoTracks()[0].addEventListener("ended", () => fail(words.camera_lost));
    await chooser.show(stream);
  } catch (error) {
    if (!(error instanceof NoCamera)) throw error;
    fail(cameraWords[error.reason]);
    return;
  }
  form.hidden = true;
  change.hidden = false;
  root.focus();
  find("label").textContent = label.value.trim();
  trouble.replaceChildren();
  verdict.clear();
  stayAwake();
  looker = new Looker(video, root.dataset.action, label.value.trim(), told);
  looker.run();
}

function told({ seen, at, trouble: why, over }) {
  if (over) end(over);
  else if (why) {
    verdict.clear();
    if (trouble.textContent !== words[why]) trouble.textContent = words[why];
  } else {
    trouble.replaceChildren();
    verdict.take(seen, at);
  }
}

// There is no use in going on by itself: signed out, the role was changed, the group is gone.
function end(error) {
  stop();
  verdict.clear();
  root.dataset.state = "over";
  const signedOut = error.status === 401;
  trouble.replaceChildren(
    element("span", {}, signedOut ? words.signed_out : fill(words.stopped, { why: error.message })),
    element("a", { class: "button primary", href: signedOut ? root.dataset.signIn : location.href }, signedOut ? words.sign_in : words.reload),
  );
}

// Back to the start, with a reason.
function fail(why) {
  stop();
  verdict.clear();
  ask();
  problem.hidden = false;
  problem.querySelector("p").textContent = why;
}

function ask() {
  form.hidden = false;
  change.hidden = true;
}

function stop() {
  looker?.stop();
  looker = null;
  closeCamera(video);
  lock?.release().catch(() => {});
  lock = null;
}

function wholeScreen() {
  document.documentElement.requestFullscreen?.().catch(() => {});
}

async function stayAwake() {
  lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
}

function remembered() {
  try {
    return localStorage.getItem(LABEL) ?? "";
  } catch {
    return "";
  }
}

function remember(text) {
  try {
    localStorage.setItem(LABEL, text);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}
