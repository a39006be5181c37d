// What is measured of a face, in words.
import { fill, messages } from "./messages.js";

export const faceWords = messages("face-words");

const STRAIGHT_DEGREES = 5;
const GOOD_QUALITY = 75;
const FAIR_QUALITY = 40;
const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 0 });

export function qualityLevel(score) {
  return score >= GOOD_QUALITY ? "good" : score >= FAIR_QUALITY ? "fair" : "poor";
}

// Of angles in degrees, which way and how far; all but nothing is called straight.
export function turned(kind, degrees) {
  const way = Math.abs(degrees) < STRAIGHT_DEGREES ? "none" : degrees > 0 ? "more" : "less";
  return fill(faceWords[`${kind}.${way}`], { degrees: number.format(Math.abs(degrees)) });
}

export function quality({ score, defect }) {
  const level = faceWords[`quality.${qualityLevel(score)}`];
  return defect ? fill(faceWords["quality.because"], { level, defect: faceWords[`defect.${defect}`] }) : level;
}

export function liveness(face) {
  return face.spoof ? faceWords.spoof_yes : faceWords.spoof_no;
}

export function mask(face) {
  return face.mask ? faceWords.mask_yes : faceWords.mask_no;
}

// Rounded down, so that what is too little never reads as if it were enough.
export function whole(value) {
  return number.format(Math.floor(value));
}

// A face in one sentence, for those who do not see it.
export function summary(face, index, total) {
  const said = [fill(faceWords.nth, { number: index + 1, total })];
  if (face.pose) said.push(turned("yaw", face.pose.yaw));
  if (face.mask) said.push(mask(face));
  if (face.spoof !== null) said.push(liveness(face));
  if (face.quality) said.push(fill(faceWords.quality_of, { score: whole(face.quality.score) }));
  return said.join(", ");
}
