// What the door view shows of who is in view, and for how long.
import { element, icon } from "./dom.js";
import { fill } from "./messages.js";
import { shown } from "./score.js";

const HOLD_MS = 3_000; // no name is shown longer than this after the last picture of its face
const SURE = 2; // this many answers in a row make somebody unknown, or a print

export class Verdict {
  constructor(root, place, words) {
    Object.assign(this, { root, place, words, key: "", doubts: 0 });
    this.show(this.nobody());
  }

  // An answer of the server to a picture that was taken at this time.
  take(seen, at) {
    if (performance.now() - at > HOLD_MS) {
      this.clear();
      return;
    }
    const found = this.judged(seen);
    // Too poor to be told: neither says who it is, nor that the person before is gone.
    if (found === null) return;
    this.doubts = ["unknown", "refused"].includes(found.state) ? this.doubts + 1 : 0;
    this.show(this.doubts && this.doubts < SURE && found.key !== this.key ? this.unsure() : found);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.clear(), HOLD_MS - (performance.now() - at));
  }

  clear() {
    clearTimeout(this.timer);
    this.doubts = 0;
    this.show(this.nobody());
  }

  judged({ matches, refused, code }) {
    const { words } = this;
    if (code === "not_alive") return { key: "!", state: "refused", mark: "alert", title: words.not_alive, more: words.not_alive_why };
    if (code === "no_face") return this.nobody();
    if (code || refused) return null;
    const [best] = matches;
    if (!best) return { key: "?", state: "unknown", mark: "question", title: words.unknown, more: words.unknown_why };
    return {
      key: `known ${best.externalId ?? best.faceId}`,
      state: "known",
      mark: "check",
      title: best.name || best.externalId || words.no_id,
      more: fill(words.similarity, { similarity: shown(best.similarity) }),
    };
  }

  nobody() {
    return { key: "", state: "waiting", mark: "face", title: this.words.waiting, more: "" };
  }

  unsure() {
    return { key: "…", state: "waiting", mark: "search", title: this.words.looking, more: "" };
  }

  // Who is shown already is not shown anew, however often the camera sees that person: nothing flickers or is read out twice.
  show({ key, state, mark, title, more }) {
    if (key === this.key && this.place.firstChild) return;
    this.key = key;
    this.root.dataset.state = state;
    this.place.replaceChildren(
      icon(mark, 96),
      element("div", {}, element("b", {}, title), element("span", {}, more)),
    );
  }
}
