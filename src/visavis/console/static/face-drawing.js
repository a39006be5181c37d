// One face: its box, five landmarks, the axes of the head, quality, and a label.
import { svg } from "./dom.js";
import { faceWords, qualityLevel } from "./face-words.js";
import { fill } from "./messages.js";

const LABEL_HEIGHT = 22;
const ROOM_FOR_WORDS = 120;

// Draw into `place`, which is part of the page; `scale` is {x, y, width, height} of the picture on the screen.
export function drawFace(place, face, index, selected, scale) {
  const [x0, y0, x1, y1] = [face.box[0] * scale.x, face.box[1] * scale.y, face.box[2] * scale.x, face.box[3] * scale.y];
  const box = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
  place.classList.toggle("selected", selected);
  place.classList.toggle("spoofed", face.spoof === true);
  for (const kind of ["halo", "box"]) place.append(svg("rect", { class: kind, rx: 6, ...box }));
  const small = box.width < 70;
  if (face.pose && (selected || !small)) drawPose(place, face, scale, box);
  for (const [x, y] of Object.values(face.points)) {
    place.append(svg("circle", { class: "point", cx: x * scale.x, cy: y * scale.y, r: small ? 1.5 : 3 }));
  }
  if (face.quality && !small) drawQuality(place, face.quality, box);
  drawLabel(place, face, index, selected || box.width >= ROOM_FOR_WORDS, box, scale);
}

// The axes of the head from the nose: to its side, upwards, and where it looks. With x to the right, y down and z into
// the picture, the head's rotation is Rx(-pitch) Ry(-yaw) Rz(roll), as the server defines these angles.
export function axesOf({ yaw, pitch, roll }) {
  const [a, b, c] = [-pitch, -yaw, roll].map((angle) => (angle * Math.PI) / 180);
  const turn = ([x, y, z]) => {
    [x, y] = [x * Math.cos(c) - y * Math.sin(c), x * Math.sin(c) + y * Math.cos(c)];
    [x, z] = [x * Math.cos(b) + z * Math.sin(b), z * Math.cos(b) - x * Math.sin(b)];
    [y, z] = [y * Math.cos(a) - z * Math.sin(a), y * Math.sin(a) + z * Math.cos(a)];
    return [x, y];
  };
  return { side: turn([1, 0, 0]), up: turn([0, -1, 0]), gaze: turn([0, 0, -1]) };
}

function drawPose(place, face, scale, box) {
  const [x, y] = [face.points.nose[0] * scale.x, face.points.nose[1] * scale.y];
  const length = Math.min(box.width, box.height) * 0.42;
  for (const [axis, [dx, dy]] of Object.entries(axesOf(face.pose))) {
    const reach = axis === "gaze" ? 1.5 * length : length;
    const to = { x: x + dx * reach, y: y + dy * reach };
    for (const kind of ["axis-halo", `axis ${axis}`]) {
      place.append(svg("line", { class: kind, x1: x, y1: y, x2: to.x, y2: to.y }));
    }
    if (axis === "gaze") place.append(svg("circle", { class: "axis-tip", cx: to.x, cy: to.y, r: 5 }));
  }
}

function drawQuality(place, quality, box) {
  const across = Math.max(box.width - 16, 0);
  const bar = { x: box.x + 8, y: box.y + box.height - 11, height: 4, rx: 2 };
  place.append(svg("rect", { class: "bar-track", ...bar, width: across }));
  place.append(svg("rect", { class: `bar ${qualityLevel(quality.score)}`, ...bar, width: (across * quality.score) / 100 }));
}

function drawLabel(place, face, index, inWords, box, scale) {
  const said = [String(index + 1)];
  if (inWords && face.quality) said.push(fill(faceWords.label_quality, { score: Math.floor(face.quality.score) }));
  if (inWords && face.mask) said.push(faceWords.label_mask);
  if (face.spoof) said.push(inWords ? faceWords.label_spoof : "!");
  const text = svg("text", { class: "label-text", "dominant-baseline": "central" }, said.join("  ·  "));
  const plate = svg("rect", { class: "label", height: LABEL_HEIGHT, rx: 5 });
  place.append(plate, text);
  const width = text.getComputedTextLength() + 14;
  const x = Math.max(Math.min(box.x - 1, scale.width - width), 0);
  const above = box.y - LABEL_HEIGHT - 3;
  const y = above >= 0 ? above : box.y + 4;
  for (const [name, value] of Object.entries({ x, y, width })) plate.setAttribute(name, value);
  text.setAttribute("x", x + 7);
  text.setAttribute("y", y + LABEL_HEIGHT / 2 + 0.5);
}
