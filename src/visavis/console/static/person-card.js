// A person among pictures to be registered: a name, and the answer to who that is in the group.
import { element, icon } from "./dom.js";
import { fill } from "./messages.js";
import { Refused, submit } from "./requests.js";

const PAUSE_MS = 400;
const NEW = "+";

export class Person {
  // `given`: the name that the files have. `fixed`: the id of a person who is there already. `listed`: the id in a list.
  constructor(given, { words, resolve, fixed, listed, changed }) {
    this.items = [];
    this.id = fixed || listed || "";
    this.words = words;
    this.resolve = resolve;
    this.changed = changed;
    this.input = element("input", {
      value: given, maxlength: 255, autocomplete: "off", spellcheck: "false", "aria-label": words.name, readonly: Boolean(fixed),
    });
    this.choice = element("select", {});
    this.question = element("div", { class: "control select", hidden: true }, this.choice, icon("down", 16));
    this.note = element("span", { class: "muted", role: "status" });
    this.pictures = element("ul", { class: "pictures" });
    this.card = element(
      "li",
      { class: "person" },
      element("div", { class: "who" }, element("div", { class: "control" }, this.input), this.question, this.note),
      this.pictures,
    );
    this.choice.addEventListener("change", () => this.choose(this.choice.value));
    if (listed) this.say(fill(words.listed, { id: listed }));
    else if (!fixed) {
      this.input.addEventListener("input", () => this.ask());
      queueMicrotask(() => this.ask(0));
    }
  }

  // The name that is kept; none if it is the id itself, or the person is known by a name already.
  get name() {
    const text = this.input.value.trim();
    return text === this.id || this.isKnown ? "" : text;
  }

  get isNamed() {
    return this.input.value.trim() !== "";
  }

  // Who is meant: asked of the server whenever the name changes.
  ask(pause = PAUSE_MS) {
    clearTimeout(this.timer);
    this.id = "";
    this.question.hidden = true;
    const name = this.input.value.trim();
    this.say(name ? this.words.asking : this.words.no_name);
    this.changed();
    if (name) this.timer = setTimeout(() => this.#find(name), pause);
  }

  async #find(name) {
    try {
      const [found] = await submit(this.resolve, { names: JSON.stringify([name]) });
      if (name !== this.input.value.trim()) return;
      this.fresh = found.id;
      if (found.there.length) this.offer(found.there);
      else this.choose(NEW);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.say(error.message);
    }
  }

  offer(there) {
    const { words } = this;
    const options = there.map(({ id, name, faces }) =>
      element("option", { value: id }, fill(words.add_to, { who: name ? `${name} (${id})` : id, faces })),
    );
    this.choice.replaceChildren(
      element("option", { value: "", selected: true }, words.choose), ...options, element("option", { value: NEW }, words.someone_new),
    );
    this.choice.setAttribute("aria-label", fill(words.person, { name: this.input.value.trim() }));
    this.question.hidden = false;
    this.choose("");
  }

  choose(value) {
    this.isKnown = value !== NEW && value !== "";
    this.id = value === NEW ? this.fresh : value;
    this.say(value === NEW ? fill(this.words.new_person, { id: this.id }) : "");
    this.changed();
  }

  // Once a picture is registered, it is too late to say who it is.
  lock() {
    const begun = this.items.some(({ status }) => ["working", "done"].includes(status));
    this.input.readOnly = this.input.readOnly || begun;
    this.choice.disabled = begun;
  }

  say(text) {
    this.note.textContent = text;
  }
}
