// Searches a group by a picture, again whenever the minimum similarity is moved.
import { takeByCamera } from "./camera-dialog.js";
import { element } from "./dom.js";
import { takePasted, takePictures } from "./drop.js";
import { messages, plural } from "./messages.js";
import { frames, imageOf, sendable, Unfit } from "./pictures.js";
import { Refused, send } from "./requests.js";
import { shown } from "./score.js";

const words = { ...messages("picture-words"), ...messages("search-words") };
const root = document.getElementById("search");
const results = root.querySelector("[data-results]");
const state = root.querySelector("[data-state]");
const probe = root.querySelector("[data-probe]");
const threshold = document.getElementById("threshold");
let picture = null;
let running = null;

takePasted(takePictures(document.getElementById("drop"), ([file]) => take(file)));
takeByCamera(take);
threshold.addEventListener("input", () => {
  root.querySelector("[data-threshold]").textContent = threshold.value;
});
threshold.addEventListener("change", () => picture && search());

async function take(file) {
  running?.abort();
  results.hidden = true;
  probe.hidden = true;
  picture = null;
  try {
    picture = await sendable(file);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    say(words[error.reason], "bad");
    return;
  }
  probe.hidden = false;
  probe.replaceChildren(imageOf(picture, words.probe));
  search();
}

async function search() {
  running?.abort();
  const mine = (running = new AbortController());
  results.setAttribute("aria-busy", "true");
  say(words.searching);
  try {
    const fields = { picture, threshold: threshold.value, limit: 20 };
    const found = await send(root.dataset.action, fields, { signal: mine.signal });
    probe.querySelector("svg")?.remove();
    probe.append(frames([found.probe.box]));
    show(found.matches);
    if (found.refused) say(found.refused, "bad");
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refused)) throw error;
    results.hidden = true;
    say(error.message, "bad");
  } finally {
    if (mine === running) results.setAttribute("aria-busy", "false");
  }
}

function show(faces) {
  const matches = bestOf(faces);
  results.hidden = matches.length === 0;
  results.querySelector("[data-matches]").replaceChildren(...matches.map(row));
  results.querySelector("[data-results-title]").textContent = plural(words, "found", matches.length);
  say(matches.length ? "" : words.none);
}

// One row a person: the best of the faces.
function bestOf(faces) {
  const seen = new Set();
  return faces.filter(({ externalId }) => externalId === null || (!seen.has(externalId) && seen.add(externalId)));
}

function row({ faceId, externalId, name, similarity }) {
  const score = shown(similarity);
  const link = `${root.dataset.person}?${new URLSearchParams({ id: externalId })}`;
  return element(
    "li",
    { class: "match" },
    element("b", {}, externalId === null ? words.no_label : element("a", { href: link }, name || externalId)),
    element("span", { class: "score" }, score),
    element("meter", { min: 0, max: 100, value: similarity, "aria-label": `${words.similarity} ${score}` }),
    element("small", { class: "mono" }, name ? externalId : faceId),
  );
}

function say(text, kind = "muted") {
  state.textContent = text;
  state.className = kind === "bad" ? "error" : kind;
}
