// A picture, its faces, and what the API says of them.
import { takeByCamera } from "./camera-dialog.js";
import { element } from "./dom.js";
import { takePasted } from "./drop.js";
import { faceDetails } from "./face-details.js";
import { faceWords } from "./face-words.js";
import { fill, messages } from "./messages.js";
import { Picker, takeSamples } from "./picker.js";
import { showReplies } from "./replies.js";
import { send } from "./requests.js";

const words = messages("analyze-words");
const page = document.getElementById("analyze");
const findings = document.getElementById("findings");
const title = document.getElementById("findings-title");
const details = findings.querySelector("[data-details]");
const steps = findings.querySelector("[data-steps]");

let asking = null;

const picker = new Picker(document.getElementById("picture"), analyze);
picker.view.onselect = showFace;
takePasted(picker.give);
takeByCamera((file) => picker.give([file]));
takeSamples((_, picture) => picker.show(picture));
for (const button of steps.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => picker.view.move(Number(button.dataset.step)));
}

async function analyze() {
  asking?.abort();
  const { signal } = (asking = new AbortController());
  findings.hidden = true;
  showReplies([]);
  if (!picker.picture) return;
  picker.view.waiting = true;
  try {
    const answer = await send(page.dataset.action, picker.fields("picture"), { signal });
    picker.view.waiting = false;
    if (answer.problem) picker.complain(answer.problem);
    else show(answer.picture);
    showReplies(answer.replies);
  } catch (error) {
    if (error.name === "AbortError") return;
    picker.view.waiting = false;
    picker.complain({ sentence: error.message });
  }
}

function show(picture) {
  findings.hidden = false;
  steps.hidden = picture.faces.length < 2;
  picker.draw(picture);
  const count = picture.faces.length;
  if (!count) {
    title.textContent = words.nobody;
    details.replaceChildren(element("p", { class: "lead" }, words.nobody_why));
  }
}

function showFace(index) {
  const { faces } = picker.view;
  if (index < 0) return;
  title.textContent = faces.length === 1 ? words.one_face : fill(faceWords.nth, { number: index + 1, total: faces.length });
  details.replaceChildren(faceDetails(faces[index]));
}
