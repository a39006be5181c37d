// Registers pictures of people: gathered by person, looked at, registered one request each, with what became of every one.
import { takeByCamera } from "./camera-dialog.js";
import { takePasted, takePictures } from "./drop.js";
import { Gatherer } from "./gather.js";
import { fill, messages, plural } from "./messages.js";
import { Person } from "./person-card.js";
import { PictureRow } from "./picture-row.js";
import { sendable, Unfit } from "./pictures.js";
import { Refused, send, submit } from "./requests.js";
import { twinOf } from "./same-file.js";

const AT_ONCE = 2;
const MOST_FACES = 20;
const OF_THE_PICTURE = 422;

const words = { ...messages("picture-words"), ...messages("add-words") };
const root = document.getElementById("registration");
const batch = document.getElementById("batch");
const find = (name) => batch.querySelector(`[data-${name}]`);
const start = find("start");
const clear = find("clear");
const undoAll = find("undo");
const progress = batch.querySelector("progress");
const numbered = document.getElementById("numbered");
const every = document.getElementById("every-face");
const complaints = root.querySelector("[data-complaints]");
const gatherer = new Gatherer(words);
const people = [];
let stopping = null; // an AbortController while pictures are being registered
let gathering = Promise.resolve(); // one drop after the other
let looking = 0;

takePasted(takePictures(document.getElementById("drop"), takeAll));
takeByCamera((file, shot) => takeAll([Object.assign(file, { shot })]), { several: true });
start.addEventListener("click", () => (stopping ? stopping.abort() : register()));
undoAll.addEventListener("click", takeBackAll);
every.addEventListener("change", () => rows().forEach((row) => row.judge(every.checked, anyway)));
clear.addEventListener("click", () => {
  people.splice(0);
  find("people").replaceChildren();
  complain([]);
  show();
});
numbered?.addEventListener("change", () => {
  gathering = gathering.then(gatherAgain);
});
addEventListener("beforeunload", (event) => {
  if (stopping || those("waiting").length || those("asked").length) event.preventDefault();
});

function takeAll(files) {
  gathering = gathering.then(() => gather(files));
}

async function gather(files) {
  root.setAttribute("aria-busy", "true");
  const before = gatherer.rows;
  const found = await gatherer.take(files);
  if (before !== gatherer.rows) await gatherAgain();
  for (const file of found.pictures) await add(file);
  const unused = gatherer.unused(rows().map(({ original }) => original));
  if (before !== gatherer.rows && unused.length) found.complaints.push(fill(words.list_unused, { count: unused.length, first: unused[0].path }));
  complain(found.complaints);
  root.setAttribute("aria-busy", "false");
  show();
}

function complain(sentences) {
  complaints.hidden = !sentences.length;
  complaints.querySelector("p").textContent = sentences.join(" ");
}

async function add(original) {
  const person = personOf(original);
  let file = original;
  let wrong = original.tooLarge ? words.too_large : "";
  try {
    if (!wrong) file = await sendable(original);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    wrong = words[error.reason];
  }
  const others = rows().filter(({ status }) => status !== "undone");
  const twin = wrong ? null : await twinOf(original, others.map((row) => row.original));
  if (twin) wrong = fill(words.twice, { name: twin.name });
  const row = new PictureRow(file, person, words, discard);
  row.original = original;
  person.items.push(row);
  person.pictures.append(row.root);
  if (wrong) row.settle("unfit", wrong);
  show();
  look();
}

function personOf(file) {
  const fixed = root.dataset.person;
  const { key, name, id } = fixed
    ? { key: "", name: root.dataset.name || fixed, id: "" }
    : gatherer.personOf(file, numbered.checked);
  const known = people.find((person) => person.key === key);
  if (known) return known;
  const person = new Person(name, { words, resolve: root.dataset.resolve, fixed, listed: id, changed: () => changed(person) });
  person.key = key;
  people.push(person);
  find("people").append(person.card);
  return person;
}

function changed(person) {
  person.items.forEach((row) => row.judge(every.checked, anyway));
  show();
}

function discard(row) {
  row.person.items.splice(row.person.items.indexOf(row), 1);
  row.root.remove();
  if (!row.person.items.length) {
    people.splice(people.indexOf(row.person), 1);
    row.person.card.remove();
  }
  show();
}

async function gatherAgain() {
  const again = rows().filter(({ status }) => ["waiting", "unfit", "asked"].includes(status));
  again.forEach(discard);
  for (const { original } of again) await add(original);
}

// Every picture is looked at before it is registered: which face it would be, whether that is somebody already.
async function look() {
  if (looking >= AT_ONCE) return;
  looking += 1;
  for (let row; !stopping && (row = those("waiting").find(({ asked }) => !asked)); ) {
    row.asked = true;
    try {
      const seen = await send(root.dataset.look, { picture: row.file });
      if (rows().includes(row) && row.status === "waiting") row.saw(seen, every.checked, anyway);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // A server that is busy or away is no fault of the picture: registering it will tell.
      if (error.status === OF_THE_PICTURE && row.status === "waiting") row.settle("unfit", error.message);
    }
    show();
  }
  looking -= 1;
}

// One picture that was a question; while others are being registered it is the next of them.
function anyway(row) {
  show();
  if (row.refusedOnce && !stopping) register();
}

function rows() {
  return people.flatMap((person) => person.items);
}

function those(status) {
  return rows().filter((row) => row.status === status);
}

function next() {
  return those("waiting").find(({ person }) => person.id);
}

function show() {
  const total = rows().length;
  const unanswered = people.filter((person) => !person.id && person.items.some(({ status }) => status === "waiting")).length;
  const failed = those("failed").length;
  batch.hidden = total === 0;
  find("batch-title").textContent = plural(words, "ready", total);
  start.textContent = stopping ? words.stop : next() || !failed ? words.start : words.retry;
  start.disabled = !stopping && (unanswered > 0 || !(next() || failed));
  clear.disabled = Boolean(stopping);
  undoAll.hidden = Boolean(stopping) || those("done").length < 2;
  if (!stopping && unanswered) find("summary").textContent = fill(words.unanswered, { count: unanswered });
  else if (!stopping && next()) find("summary").textContent = "";
}

function summary(message) {
  const done = those("done");
  const without = those("failed").length + those("unfit").length + those("asked").length;
  progress.max = rows().length;
  progress.value = done.length + without;
  find("summary").textContent = fill(message, {
    total: rows().length,
    done: done.length + without,
    faces: done.reduce((sum, { added }) => sum + added.length, 0),
    failed: without,
  });
}

async function register() {
  stopping = new AbortController();
  if (!next()) those("failed").forEach((row) => row.settle("waiting", words.waiting));
  find("progress").hidden = false;
  show();
  summary(words.summary);
  const work = async () => {
    for (let row; !stopping.signal.aborted && (row = next()); ) {
      await registerOne(row, stopping.signal);
      summary(words.summary);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  summary(stopping.signal.aborted ? words.stopped : words.finished);
  stopping = null;
  show();
  look();
}

async function registerOne(row, signal) {
  row.settle("working", words.working);
  row.root.scrollIntoView({ block: "nearest" });
  const all = every.checked;
  const { id, name } = row.person;
  try {
    const check = row.sure || all ? "" : "1";
    const fields = { picture: row.file, external_id: id, name, limit: all ? MOST_FACES : 1, check };
    const answer = await send(root.dataset.action, fields, { signal });
    if (answer.known) {
      row.refusedOnce = true;
      row.ask(answer.known, anyway);
    } else {
      document.querySelector("[data-face-count]").textContent = answer.count;
      row.conclude(answer, all, takeBack);
    }
  } catch (error) {
    if (error.name === "AbortError") row.settle("waiting", words.waiting);
    else if (error instanceof Refused) row.settle("failed", error.message);
    else throw error;
  }
}

async function takeBack(row) {
  const button = row.state.querySelector("button");
  button.disabled = true;
  try {
    for (const { faceId } of row.added) await submit(`${root.dataset.action}/${faceId}/delete`, {});
    row.added = [];
    row.settle("undone", words.undone);
    show();
    summary(words.finished);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    row.settle("done", error.message, button);
    button.disabled = false;
  }
}

async function takeBackAll() {
  undoAll.disabled = true;
  for (const row of those("done")) await takeBack(row);
  undoAll.disabled = false;
}
