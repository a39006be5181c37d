// Registers pictures of people: gathered by person, one request each, with what became of every one.
import { element, icon } from "./dom.js";
import { takePasted, takePictures } from "./drop.js";
import { fill, messages } from "./messages.js";
import { cutTo, imageOf, objection } from "./pictures.js";
import { Person } from "./person-card.js";
import { Refused, send, submit } from "./requests.js";

const AT_ONCE = 2;
const NUMBERED = /^(.*?\p{L}.*?)\s*(?:[-_ ]\s*\d{1,3}|\(\d{1,3}\))$/u;

const words = messages("add-words");
const root = document.getElementById("registration");
const batch = document.getElementById("batch");
const list = batch.querySelector("[data-people]");
const start = batch.querySelector("[data-start]");
const clear = batch.querySelector("[data-clear]");
const progress = batch.querySelector("progress");
const numbered = document.getElementById("numbered");
const people = [];
let stopping = null; // an AbortController while pictures are being registered

const give = takePictures(document.getElementById("drop"), (files) => addAll(files));
takePasted(give);
start.addEventListener("click", () => (stopping ? stopping.abort() : register()));
clear.addEventListener("click", () => {
  people.splice(0);
  list.replaceChildren();
  show();
});
numbered?.addEventListener("change", gatherAgain);
addEventListener("beforeunload", (event) => {
  if (stopping || those("waiting").length) event.preventDefault();
});

function addAll(files) {
  files.forEach(add);
  show();
}

function add(file) {
  const person = personOf(file);
  const state = element("div", { class: "state" });
  const remove = element(
    "button",
    { type: "button", class: "button quiet icon-only", "aria-label": fill(words.remove, { name: file.name }) },
    icon("close", 18),
  );
  const row = element("li", {}, imageOf(file, ""), element("span", { class: "file" }, file.name), state, remove);
  const item = { file, person, state, remove, row, status: "waiting", faces: 0, sure: false };
  remove.addEventListener("click", () => discard(item));
  const wrong = objection(file);
  person.items.push(item);
  person.pictures.append(row);
  settle(item, wrong ? "unfit" : "waiting", wrong ? words[wrong] : words.waiting);
}

function discard(item) {
  item.person.items.splice(item.person.items.indexOf(item), 1);
  item.row.remove();
  if (!item.person.items.length) {
    people.splice(people.indexOf(item.person), 1);
    item.person.card.remove();
  }
  show();
}

function personOf(file) {
  const name = nameOf(file);
  const known = people.find((person) => person.given === name);
  if (known) return known;
  const person = new Person(name, { words, resolve: root.dataset.resolve, fixed: root.dataset.person, changed: show });
  people.push(person);
  list.append(person.card);
  return person;
}

// What a file is called after its person: its folder, or itself, without a number at the end.
function nameOf(file) {
  if (root.dataset.person) return root.dataset.name || root.dataset.person;
  if (file.folder) return file.folder.normalize("NFC").trim();
  const stem = file.name.replace(/\.[^.]*$/, "").normalize("NFC").trim();
  return (numbered.checked && NUMBERED.exec(stem)?.[1]) || stem;
}

function gatherAgain() {
  const waiting = people.flatMap((person) => person.items.filter(({ status }) => status === "waiting" || status === "unfit"));
  waiting.forEach(discard);
  addAll(waiting.map(({ file }) => file));
}

function settle(item, status, text, ...more) {
  item.status = status;
  const mark = { done: "check", failed: "alert", unfit: "alert", asked: "alert" }[status];
  const kind = { done: "good", failed: "bad", unfit: "bad", asked: "bad" }[status] ?? "";
  const sign = status === "working" ? element("span", { class: "spinner", "aria-hidden": "true" }) : mark && icon(mark, 16);
  item.state.className = `state ${kind}`;
  item.state.replaceChildren(...(sign ? [sign] : []), element("span", {}, text), ...more);
  item.remove.disabled = status === "working";
  item.person.lock();
}

function those(status) {
  return people.flatMap((person) => person.items.filter((item) => item.status === status));
}

function show() {
  const total = people.reduce((sum, person) => sum + person.items.length, 0);
  const unanswered = people.filter((person) => !person.id && person.items.some(({ status }) => status === "waiting")).length;
  const waiting = those("waiting").filter(({ person }) => person.id).length;
  const failed = those("failed").length;
  batch.hidden = total === 0;
  batch.querySelector("[data-batch-title]").textContent = fill(
    total === 1 ? words.ready_one : words.ready_other,
    { count: total.toLocaleString() },
  );
  start.textContent = stopping ? words.stop : waiting || !failed ? words.start : words.retry;
  start.disabled = !stopping && (unanswered > 0 || waiting + failed === 0);
  clear.disabled = Boolean(stopping);
  if (!stopping && unanswered) batch.querySelector("[data-summary]").textContent = fill(words.unanswered, { count: unanswered });
  else if (!stopping && waiting) batch.querySelector("[data-summary]").textContent = "";
}

function summary(message) {
  const done = those("done");
  const without = those("failed").length + those("unfit").length + those("asked").length;
  const total = people.reduce((sum, person) => sum + person.items.length, 0);
  const values = {
    total,
    done: done.length + without,
    faces: done.reduce((sum, item) => sum + item.faces, 0),
    failed: without,
  };
  progress.max = total;
  progress.value = values.done;
  batch.querySelector("[data-summary]").textContent = fill(message, values);
}

async function register() {
  stopping = new AbortController();
  if (!those("waiting").length) for (const item of those("failed")) settle(item, "waiting", words.waiting);
  batch.querySelector("[data-progress]").hidden = false;
  show();
  summary(words.summary);
  const work = async () => {
    for (let item; !stopping.signal.aborted && (item = those("waiting")[0]); ) {
      await registerOne(item, stopping.signal);
      summary(words.summary);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  summary(stopping.signal.aborted ? words.stopped : words.finished);
  stopping = null;
  show();
}

async function registerOne(item, signal) {
  settle(item, "working", words.working);
  item.row.scrollIntoView({ block: "nearest" });
  const limit = document.getElementById("every-face").checked ? 20 : 1;
  const { id, name } = item.person;
  try {
    const fields = { picture: item.file, external_id: id, name, limit, check: item.sure || limit > 1 ? "" : "1" };
    const answer = await send(root.dataset.action, fields, { signal });
    if (answer.known) ask(item, answer.known);
    else conclude(item, answer, limit);
  } catch (error) {
    if (error.name === "AbortError") settle(item, "waiting", words.waiting);
    else if (error instanceof Refused) settle(item, "failed", error.message);
    else throw error;
  }
}

function ask(item, { id, name, similarity }) {
  const anyway = element("button", { type: "button", class: "button small" }, words.anyway);
  anyway.addEventListener("click", () => {
    item.sure = true;
    settle(item, "waiting", words.waiting);
    show();
    if (!stopping) register();
  });
  settle(item, "asked", fill(words.known, { who: name || id, similarity: similarity.toFixed(1) }), anyway);
}

function conclude(item, { added, notAdded, count }, limit) {
  document.querySelector("[data-face-count]").textContent = count;
  item.faces = added.length;
  const reasons = limit > 1 ? notAdded : notAdded.slice(0, 1);
  const why = [...new Set(reasons.map((face) => face.why))].join(" ");
  if (added.length === 0) {
    settle(item, "failed", why || words.none);
    return;
  }
  if (added.length === 1) cutTo(item.file, added[0].box).then((face) => item.row.firstChild.replaceWith(face), () => {});
  const several = limit === 1 && notAdded.length ? fill(words.several, { count: notAdded.length + 1 }) : "";
  const text = [said(added), limit > 1 ? why : several].filter(Boolean).join(" ");
  settle(item, "done", text, undoOf(item, added));
}

function undoOf(item, added) {
  const undo = element("button", { type: "button", class: "button quiet small" }, words.undo);
  undo.addEventListener("click", async () => {
    undo.disabled = true;
    try {
      for (const { faceId } of added) await submit(`${root.dataset.action}/${faceId}/delete`, {});
      item.faces = 0;
      settle(item, "undone", words.undone);
      summary(words.finished);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      settle(item, "done", error.message, undo);
    }
  });
  return undo;
}

function said(added) {
  if (added.length > 1) return fill(words.added_other, { count: added.length });
  const quality = added[0].quality;
  return quality === null ? words.added_one : `${words.added_one} · ${fill(words.quality, { quality })}`;
}
