// Registers many pictures: one request each, a few at a time, with what became of every one.
import { element, icon } from "./dom.js";
import { takePasted, takePictures } from "./drop.js";
import { fill, messages } from "./messages.js";
import { imageOf, objection } from "./pictures.js";
import { Refused, send } from "./requests.js";

const AT_ONCE = 2;

const words = messages("add-words");
const root = document.getElementById("registration");
const batch = document.getElementById("batch");
const list = batch.querySelector("[data-pictures]");
const start = batch.querySelector("[data-start]");
const clear = batch.querySelector("[data-clear]");
const progress = batch.querySelector("progress");
const items = [];
let stopping = null; // an AbortController while pictures are being registered

const give = takePictures(document.getElementById("drop"), (files) => files.forEach(add));
takePasted(give);
start.addEventListener("click", () => (stopping ? stopping.abort() : register()));
clear.addEventListener("click", () => {
  items.splice(0);
  list.replaceChildren();
  show();
});
addEventListener("beforeunload", (event) => {
  if (stopping) event.preventDefault();
});

function add(file) {
  const id = `label-${crypto.randomUUID?.() ?? Math.random()}`;
  const label = element("input", {
    id, value: labelOf(file.name), maxlength: 255, autocomplete: "off", spellcheck: "false",
    "aria-label": fill(words.label, { name: file.name }),
  });
  const state = element("p", { class: "state" });
  const remove = element(
    "button",
    { type: "button", class: "button quiet icon-only", "aria-label": fill(words.remove, { name: file.name }) },
    icon("close", 18),
  );
  const row = element("li", {}, imageOf(file, ""), element("div", { class: "control" }, label), state, remove);
  const item = { file, label, state, remove, row, status: "waiting", faces: 0 };
  remove.addEventListener("click", () => {
    items.splice(items.indexOf(item), 1);
    row.remove();
    show();
  });
  const wrong = objection(file);
  items.push(item);
  list.append(row);
  settle(item, wrong ? "unfit" : "waiting", wrong ? words[wrong] : words.waiting);
  show();
}

// An external id made of a file's name: what such an id cannot have becomes a hyphen.
function labelOf(name) {
  const stem = name.replace(/\.[^.]*$/, "").normalize("NFKD");
  return stem.replace(/[^\w.:-]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 255);
}

function settle(item, status, text) {
  item.status = status;
  const mark = { done: "check", failed: "alert", unfit: "alert" }[status];
  const kind = { done: "good", failed: "bad", unfit: "bad" }[status] ?? "";
  const sign = status === "working" ? element("span", { class: "spinner", "aria-hidden": "true" }) : mark && icon(mark, 16);
  item.state.className = `state ${kind}`;
  item.state.replaceChildren(...(sign ? [sign] : []), element("span", {}, text));
  item.label.readOnly = status === "working" || status === "done";
  item.remove.disabled = status === "working";
}

function those(status) {
  return items.filter((item) => item.status === status);
}

function show() {
  const waiting = those("waiting").length;
  const failed = those("failed").length;
  batch.hidden = items.length === 0;
  batch.querySelector("[data-batch-title]").textContent = fill(
    items.length === 1 ? words.ready_one : words.ready_other,
    { count: items.length.toLocaleString() },
  );
  start.textContent = stopping ? words.stop : waiting || !failed ? words.start : words.retry;
  start.disabled = !stopping && waiting + failed === 0;
  clear.disabled = Boolean(stopping);
}

function summary(message) {
  const done = those("done");
  const without = those("failed").length + those("unfit").length;
  const values = {
    total: items.length,
    done: done.length + without,
    faces: done.reduce((sum, item) => sum + item.faces, 0),
    failed: without,
  };
  progress.max = items.length;
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
  try {
    const fields = { picture: item.file, external_id: item.label.value.trim(), limit };
    const { added, notAdded, count } = await send(root.dataset.action, fields, { signal });
    document.querySelector("[data-face-count]").textContent = count;
    item.faces = added.length;
    const reasons = limit > 1 ? notAdded : notAdded.slice(0, 1);
    const why = [...new Set(reasons.map((face) => face.why))].join(" ");
    if (added.length === 0) settle(item, "failed", why || words.none);
    else settle(item, "done", [said(added), limit > 1 ? why : ""].filter(Boolean).join(" "));
  } catch (error) {
    if (error.name === "AbortError") settle(item, "waiting", words.waiting);
    else if (error instanceof Refused) settle(item, "failed", error.message);
    else throw error;
  }
}

function said(added) {
  if (added.length > 1) return fill(words.added_other, { count: added.length });
  const quality = added[0].quality;
  return quality === null ? words.added_one : `${words.added_one} · ${fill(words.quality, { quality })}`;
}
