// Pictures of people's own, shown without ever leaving the browser's memory except to this server.
import { element, icon, svg } from "./dom.js";
import { messages } from "./messages.js";

// As the server says.
export const MAX_BYTES = messages("picture-words").max_bytes;
const TYPES = ["image/png", "image/jpeg"];
// Formats that some browsers read and the server does not.
const FOREIGN = /\.(heic|heif|webp|avif|bmp|gif|tiff?)$/i;
const MAX_FOREIGN_BYTES = 60_000_000;
const LONGEST = 4096;

export class Unfit extends Error {
  // `reason`: the name of a message: too_large, not_picture or unreadable.
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

// The file as it can be sent: itself, or a JPEG of what this browser reads of it. Rejects with Unfit.
export async function sendable(file) {
  if (!TYPES.includes(file.type)) return converted(file);
  if (file.size > MAX_BYTES) throw new Unfit("too_large");
  return file;
}

async function converted(file) {
  const isPicture = file.type.startsWith("image/") && file.type !== "image/svg+xml";
  if (!isPicture && !FOREIGN.test(file.name)) throw new Unfit("not_picture");
  if (file.size > MAX_FOREIGN_BYTES) throw new Unfit("too_large");
  const picture = await createImageBitmap(file).catch(() => {
    throw new Unfit("unreadable");
  });
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = element("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
  const paper = canvas.getContext("2d");
  paper.fillStyle = "white"; // JPEG has no transparency
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise((take) => canvas.toBlob(take, "image/jpeg", 0.95));
  if (!blob) throw new Unfit("unreadable");
  if (blob.size > MAX_BYTES) throw new Unfit("too_large");
  return new File([blob], file.name.replace(/(\.[^.]*)?$/, ".jpg"), { type: "image/jpeg" });
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
