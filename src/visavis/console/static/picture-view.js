// A picture with what was found in it: drawn as SVG in the pixels of the screen, and so sharp at every size.
import { element, svg } from "./dom.js";
import { drawFace } from "./face-drawing.js";
import { faceWords, summary } from "./face-words.js";

const TALLEST = "var(--tallest)";
const MOST_ENLARGED = 2.5;

export class PictureView {
  constructor(root) {
    this.root = root;
    this.faces = [];
    this.selected = -1;
    this.onselect = () => {};
    this.onlayout = () => {};
    this.image = element("img", { alt: "", draggable: "false" });
    this.marks = svg("svg", { class: "marks", "aria-hidden": "true" });
    this.buttons = element("div", { class: "face-buttons", role: "radiogroup", "aria-label": faceWords.faces });
    this.canvas = element("div", { class: "canvas" }, this.image, this.marks, this.buttons);
    this.busy = element("div", { class: "busy", hidden: true }, element("span", { class: "spinner" }), element("span", {}, faceWords.looking));
    root.append(this.canvas, this.busy);
    this.buttons.addEventListener("keydown", (event) => this.step(event));
    new ResizeObserver(() => this.layout()).observe(this.canvas);
  }

  // A file to be looked at; null for one that only the server can fetch.
  show(file) {
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = file && URL.createObjectURL(file);
    this.clear();
    this.image.hidden = !file;
    this.root.classList.toggle("blank", !file);
    if (!file) return;
    this.image.onload = () => this.fit(this.image.naturalWidth, this.image.naturalHeight);
    this.image.onerror = () => {
      this.image.hidden = true;
      this.root.classList.add("blank");
    };
    this.image.src = this.address;
  }

  // Whether there is nothing to be seen.
  get blank() {
    return this.root.classList.contains("blank");
  }

  set waiting(yes) {
    this.busy.hidden = !yes;
    this.root.setAttribute("aria-busy", String(yes));
  }

  clear() {
    this.faces = [];
    this.selected = -1;
    this.marks.replaceChildren();
    this.buttons.replaceChildren();
  }

  fit(width, height) {
    const style = this.canvas.style;
    style.aspectRatio = `${width} / ${height}`;
    style.width = `min(100%, calc(${TALLEST} * ${width / height}), ${width * MOST_ENLARGED}px)`;
  }

  // What the server found: {width, height, faces}.
  draw({ width, height, faces }) {
    this.size = { width, height };
    this.faces = faces;
    this.fit(width, height);
    this.buttons.replaceChildren(...faces.map((face, index) => this.button(face, index, width, height)));
    this.select(faces.length ? 0 : -1, true);
  }

  button(face, index, width, height) {
    const [x0, y0, x1, y1] = face.box;
    const button = element("button", {
      type: "button",
      role: "radio",
      "aria-checked": "false",
      "aria-label": summary(face, index, this.faces.length),
      onclick: () => this.select(index),
    });
    const place = { left: x0 / width, top: y0 / height, width: (x1 - x0) / width, height: (y1 - y0) / height };
    for (const [side, share] of Object.entries(place)) button.style[side] = `${100 * share}%`;
    return button;
  }

  select(index, quietly = false) {
    this.selected = index;
    for (const [at, button] of [...this.buttons.children].entries()) {
      button.setAttribute("aria-checked", String(at === index));
      button.tabIndex = at === index ? 0 : -1;
    }
    this.layout();
    this.onselect(index, quietly);
  }

  // One face on or back; the arrow keys do as in any group of radio buttons.
  move(by, focus = false) {
    if (!this.faces.length) return;
    const next = (this.selected + by + this.faces.length) % this.faces.length;
    this.select(next);
    if (focus) this.buttons.children[next].focus();
  }

  step(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    this.move(by, true);
  }

  layout() {
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    if (this.size && width && this.faces.length) {
      const scale = { x: width / this.size.width, y: height / this.size.height, width, height };
      // The selected one is drawn last, over all others.
      const order = this.faces.map((_, index) => index).sort((a, b) => (a === this.selected) - (b === this.selected));
      this.marks.replaceChildren(...order.map((index) => svg("g", { class: "face", "data-face": index })));
      for (const place of this.marks.children) {
        const index = Number(place.dataset.face);
        drawFace(place, this.faces[index], index, index === this.selected, scale);
      }
    }
    this.onlayout();
  }

  // The middle of a face, in pixels of the window.
  centre(index) {
    const at = this.buttons.children[index].getBoundingClientRect();
    return { x: at.left + at.width / 2, y: at.top + at.height / 2, width: at.width, height: at.height };
  }
}
