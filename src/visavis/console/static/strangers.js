// What a similarity means for strangers, told anew while its control is moved.
import { messages } from "./messages.js";

const { told, enough } = messages("strangers");
const place = document.querySelector("[data-strangers]");
const control = document.getElementById(place.dataset.strangers);

control.addEventListener("input", tell);
tell();

function tell() {
  const similarity = control.valueAsNumber;
  const sentence = told[Math.floor(similarity)];
  if (sentence === undefined) return;
  place.querySelector("[data-told]").textContent = sentence;
  place.querySelector("[data-advice]").hidden = similarity >= enough;
}
