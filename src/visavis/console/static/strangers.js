// What a similarity means for strangers, written anew while its control is moved.
import { messages } from "./messages.js";

const { description, enough } = messages("strangers");
const place = document.querySelector("[data-strangers]");
const control = document.getElementById(place.dataset.strangers);

control.addEventListener("input", tell);
tell();

function tell() {
  const similarity = control.valueAsNumber;
  const sentence = description[Math.floor(similarity)];
  if (sentence === undefined) return;
  place.querySelector("[data-description]").textContent = sentence;
  place.querySelector("[data-advice]").hidden = similarity >= enough;
}
