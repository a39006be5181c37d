// A picture among those to be registered: its row, and what became of it.
import { element, icon } from "./dom.js";
import { fill, plural } from "./messages.js";
import { cutTo, imageOf } from "./pictures.js";
import { shown } from "./score.js";

const MARKS = { done: "check", failed: "alert", unfit: "alert", asked: "question" };
const KINDS = { done: "good", failed: "bad", unfit: "bad", asked: "warn" };

// `status`: waiting, working, asked (is it really somebody else?), done, failed (may be tried again), unfit, undone.
export class PictureRow {
  constructor(file, person, words, discard) {
    Object.assign(this, { file, person, words, status: "waiting", added: [], seen: null, sure: false });
    this.state = element("div", { class: "state" });
    const label = fill(words.remove, { name: file.name });
    this.remove = element("button", { type: "button", class: "button quiet icon-only", "aria-label": label }, icon("close", 18));
    this.remove.addEventListener("click", () => discard(this));
    this.root = element("li", {}, imageOf(file, ""), element("span", { class: "file" }, file.name), this.state, this.remove);
    this.settle("waiting", words.waiting);
  }

  settle(status, text, ...more) {
    this.status = status;
    const mark = MARKS[status];
    const sign = status === "working" ? element("span", { class: "spinner", "aria-hidden": "true" }) : mark && icon(mark, 16);
    this.state.className = `state ${KINDS[status] ?? ""}`;
    this.state.replaceChildren(...(sign ? [sign] : []), element("span", {}, text), ...more);
    this.remove.disabled = status === "working";
    this.person.lock();
  }

  // Show the face that counts in place of the whole picture.
  cut({ box }) {
    cutTo(this.file, box).then((face) => this.root.firstChild.replaceWith(face), () => {});
  }

  // What the server saw before anything is registered: {faces, known}.
  saw(seen, every, anyway) {
    this.seen = seen;
    if (seen.faces.length) this.cut(seen.faces[0]);
    this.judge(every, anyway);
  }

  // Once more, since the person or what is wanted has changed.
  judge(every, anyway) {
    if (!this.seen || !["waiting", "asked"].includes(this.status)) return;
    const { faces, known } = this.seen;
    if (!faces.length) {
      this.settle("unfit", this.words.none);
      return;
    }
    const isQuestion = known && !this.sure && !every && (known.id !== this.person.id || known.same_picture);
    // Whom a name means is being asked; who has none yet may be told it here.
    if (isQuestion && (this.person.id || !this.person.isNamed || known.same_picture)) this.ask(known, anyway);
    else this.settle("waiting", this.expected(faces, every));
  }

  // `anyway` is called when the user says that it is to be registered all the same.
  ask({ id, name, similarity, same_picture: same }, anyway) {
    const button = element("button", { type: "button", class: "button small" }, this.words.anyway);
    button.addEventListener("click", () => {
      this.sure = true;
      this.settle("waiting", this.words.waiting);
      anyway(this);
    });
    const text = fill(same ? this.words.same_picture : this.words.known, { who: name || id, similarity: shown(similarity) });
    this.settle("asked", text, button);
  }

  expected(faces, every) {
    const { words } = this;
    if (faces.length > 1) return fill(every ? words.will_add : words.will_add_largest, { count: faces.length });
    const { quality } = faces[0];
    return quality === null ? words.waiting : `${words.waiting} · ${fill(words.quality, { quality })}`;
  }

  // What the server did: {added, notAdded}, `every` face or the largest.
  conclude({ added, notAdded }, every, undo) {
    const { words } = this;
    this.added = added;
    const why = [...new Set((every ? notAdded : notAdded.slice(0, 1)).map((face) => face.why))].join(" ");
    if (added.length === 0) {
      this.settle("failed", why || words.none);
      return;
    }
    if (added.length === 1) this.cut(added[0]);
    const several = !every && notAdded.length ? fill(words.several, { count: notAdded.length + 1 }) : "";
    const button = element("button", { type: "button", class: "button quiet small" }, words.undo);
    button.addEventListener("click", () => undo(this));
    this.settle("done", [this.#said(added), every ? why : several].filter(Boolean).join(" "), button);
  }

  #said(added) {
    const { words } = this;
    const text = plural(words, "added", added.length);
    const { quality } = added[0];
    return added.length > 1 || quality === null ? text : `${text} · ${fill(words.quality, { quality })}`;
  }
}
