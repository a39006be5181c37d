// Everything that is known of one face: each value with its unit, and what it means.
import { element } from "./dom.js";
import { faceWords as words, liveness, mask, quality, qualityLevel, turned, whole } from "./face-words.js";
import { fill } from "./messages.js";

const PARTS = ["sharpness", "lighting", "size", "pose", "uncovered", "detection"];

export function faceDetails(face) {
  const [x0, y0, x1, y1] = face.box.map(Math.round);
  const { pose } = face;
  return element("div", { class: "face-details" },
    face.turned_away ? element("p", { class: "hint warn" }, words.turned_away) : null,
    element("dl", { class: "measures" },
      row(words.quality_title, `${whole(face.quality.score)} / 100`, quality(face.quality), meter(face.quality.score, words.quality_title)),
      face.liveness === null ? null : row(words.liveness_title, `${whole(face.liveness)} / 100`, liveness(face), meter(face.liveness, words.liveness_title, face.spoof ? "poor" : "good")),
      row(words.mask_title, null, mask(face)),
      row(words.yaw_title, degrees(pose.yaw), turned("yaw", pose.yaw)),
      row(words.pitch_title, degrees(pose.pitch), turned("pitch", pose.pitch)),
      row(words.roll_title, degrees(pose.roll), turned("roll", pose.roll)),
      row(words.detection_title, `${whole(face.detection)} / 100`, words.detection_meaning),
      row(words.box_title, fill(words.box, { width: x1 - x0, height: y1 - y0 }), fill(words.place, { x: x0, y: y0 })),
    ),
    element("details", { class: "more" },
      element("summary", {}, words.quality_parts),
      element("dl", { class: "parts" }, ...PARTS.map((part) => element("div", {},
        element("dt", {}, words[`part.${part}`]),
        element("dd", {}, meter(face.quality[part], words[`part.${part}`]), element("span", {}, whole(face.quality[part]))),
      ))),
    ),
    element("details", { class: "more" },
      element("summary", {}, words.points_title),
      element("dl", { class: "parts points" }, ...Object.entries(face.points).map(([name, [x, y]]) => element("div", {},
        element("dt", {}, words[`point.${name}`]),
        element("dd", {}, fill(words.point_at, { x: x.toFixed(1), y: y.toFixed(1) })),
      ))),
    ),
  );
}

function row(title, value, meaning, extra = null) {
  return element("div", {},
    element("dt", {}, title),
    element("dd", {}, value === null ? null : element("b", {}, value), element("span", {}, meaning), extra),
  );
}

function degrees(angle) {
  return `${Math.round(angle) || 0}°`;
}

function meter(value, label, level = qualityLevel(value)) {
  return element("progress", { class: `meter ${level}`, max: 100, value: Math.round(value), "aria-label": label });
}
