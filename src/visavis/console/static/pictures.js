// Pictures of people's own, shown without ever leaving the browser's memory except to this server.
import { element, icon, svg } from "./dom.js";

export const MAX_BYTES = 7_500_000;
export const TYPES = ["image/png", "image/jpeg"];

// What is wrong with a file before it is sent, as the name of a message, or nothing.
export function objection(file) {
  if (!TYPES.includes(file.type)) return "not_picture";
  return file.size > MAX_BYTES ? "too_large" : "";
}

// An image of a file. Its address is let go once it has been read.
export function imageOf(file, alt) {
  const url = URL.createObjectURL(file);
  const image = element("img", { src: url, alt });
  image.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
  image.addEventListener("error", () => {
    URL.revokeObjectURL(url);
    image.replaceWith(element("span", { class: "no-image" }, icon("picture")));
  });
  return image;
}

// A square of the picture around a box of it, as a canvas. Rejects where the picture cannot be read.
export async function cutTo(file, [x0, y0, x1, y1]) {
  const picture = await createImageBitmap(file);
  const side = Math.max((x1 - x0) * picture.width, (y1 - y0) * picture.height) * 1.4;
  const left = ((x0 + x1) / 2) * picture.width - side / 2;
  const top = ((y0 + y1) / 2) * picture.height - side / 2;
  const canvas = element("canvas", { width: 96, height: 96, "aria-hidden": "true" });
  canvas.getContext("2d").drawImage(picture, left, top, side, side, 0, 0, 96, 96);
  picture.close();
  return canvas;
}

// Frames around boxes, each [x0, y0, x1, y1] in fractions of the picture; to be laid over it.
export function frames(boxes) {
  const rects = boxes.map(([x0, y0, x1, y1]) =>
    svg("rect", { x: x0 * 1000, y: y0 * 1000, width: (x1 - x0) * 1000, height: (y1 - y0) * 1000, rx: 6 }),
  );
  return svg("svg", { viewBox: "0 0 1000 1000", preserveAspectRatio: "none", "aria-hidden": "true" }, ...rects);
}
