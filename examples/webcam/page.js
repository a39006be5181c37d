// Shows the camera, takes one picture, asks the script that served this page. There is no key in here.
const video = document.querySelector("video");
const form = document.querySelector("form");
const button = document.querySelector("button");
const output = document.querySelector("output");

function say(text, state = "") {
  output.dataset.state = state;
  output.textContent = text;
}

async function start() {
  try {
    const picture = { width: { ideal: 1280 }, height: { ideal: 960 }, facingMode: "user" };
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: picture, audio: false });
    await video.play();
    button.disabled = false;
  } catch (error) {
    const denied = error.name === "NotAllowedError";
    say(denied ? "Allow this page to use the camera, and load it again." : "There is no camera that can be used.", "bad");
  }
}

function takePicture() {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0); // as the camera sees it: only the preview is mirrored
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}

async function verify(name) {
  const response = await fetch(`/verify?name=${encodeURIComponent(name)}`, {
    method: "POST",
    headers: { "Content-Type": "image/jpeg" },
    body: await takePicture(),
  });
  if (!response.ok) return say(await response.text(), "bad");
  const told = await response.json();
  if (told.problem) return say(told.problem, "bad");
  return told.verified ? say(`It is you, ${name}.`, "good") : say(`That is not ${name}, as far as we can see.`, "bad");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  say("Looking…");
  try {
    await verify(form.elements.name.value);
  } catch {
    say("The server cannot be reached.", "bad");
  } finally {
    button.disabled = false;
  }
});

start();
