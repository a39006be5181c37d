// A place for a picture: dropped, chosen, pasted, by URL or a sample.
import { element, icon } from "./dom.js";
import { takePictures } from "./drop.js";
import { messages } from "./messages.js";
import { PictureView } from "./picture-view.js";
import { sendable, Unfit } from "./pictures.js";

const words = messages("picture-words");

// `take` is called with whatever the place has now: {file, name}, {url}, or nothing after a file that cannot be sent; `more` with files beyond the first.
export class Picker {
  constructor(root, take, more = () => {}) {
    this.root = root;
    this.take = take;
    this.picture = null;
    this.view = new PictureView(root.querySelector("[data-view]"));
    this.place = root.querySelector(".drop");
    this.again = root.querySelector("[data-again]");
    this.give = takePictures(root, ([first, ...others]) => {
      this.offer(first);
      if (others.length) more(others);
    });
    this.again.addEventListener("click", () => root.querySelector("input[type=file]").click());
    const form = root.querySelector("[data-url]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.show({ url: form.querySelector("input").value.trim() });
    });
  }

  async offer(given) {
    try {
      const file = await sendable(given);
      this.show({ file, name: file.name });
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      this.picture = null;
      this.view.show(null);
      this.take(this);
      this.complain({ sentence: words[error.reason] });
    }
  }

  show(picture, quietly = false) {
    this.picture = picture;
    this.again.hidden = false;
    this.view.show(picture.file ?? null);
    this.complain(null);
    if (!picture.url) this.root.querySelector("[data-url] input").value = "";
    if (!quietly) this.take(this);
  }

  // What the form of a request has of this picture, under the name.
  fields(name) {
    const { file, name: called, url } = this.picture;
    return url ? { [`${name}_url`]: url } : { [name]: file, [`${name}_name`]: called };
  }

  // A fetched picture comes along with what was found in it.
  draw(found) {
    if (found.data) this.view.show(blobOf(found.data));
    this.view.draw(found);
  }

  complain(problem) {
    const place = this.root.querySelector("[data-error]");
    place.hidden = !problem;
    place.replaceChildren(...(problem ? [icon("alert"), element("span", {}, problem.sentence)] : []));
    // Of what no browser can show, there is nothing to look at.
    const blank = Boolean(problem) && this.view.blank;
    this.place.hidden = Boolean(this.picture) && !blank;
    this.view.root.hidden = !this.place.hidden;
  }
}

// The sample buttons of the page; `take` is called with a button and its file.
export function takeSamples(take) {
  for (const button of document.querySelectorAll("[data-sample]")) {
    button.addEventListener("click", async () => take(button, await sample(button.dataset.sample)));
  }
}

export async function sample(path) {
  const file = await (await fetch(path)).blob();
  return { file, name: path.split("/").pop() };
}

function blobOf(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Blob([bytes], { type: bytes[0] === 0x89 ? "image/png" : "image/jpeg" });
}
