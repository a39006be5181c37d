// Looks through the camera for the door view: one request at a time, fewer while nothing moves or the server cannot keep up.
import { still } from "./camera-stream.js";
import { Refused, send } from "./requests.js";

const PAUSE_MS = 300; // between an answer and the next look
const QUIET_MS = 3_000; // as long as nothing moves
const LONGEST_WAIT_MS = 15_000;
const ANSWER_MS = 15_000;
const LONGEST_SIDE = 960;
const SMALL = { width: 32, height: 24 };
const MOVED = 4; // mean difference of brightness, 0-255, that is more than noise

export class Looker {
  // `tell` is called with {seen, at} for an answer to a picture taken at that time, with {trouble} while there is none,
  // and with {over: Refused} when there is no use in going on.
  constructor(video, path, label, tell) {
    Object.assign(this, { video, path, label, tell, failures: 0, lookedAt: 0, small: null, running: false, busy: false });
  }

  async run() {
    this.running = true;
    while (this.running) {
      if (this.isDue()) await this.look();
      await new Promise((go) => setTimeout(go, this.pause()));
    }
  }

  stop() {
    this.running = false;
  }

  // Whether there is something new to be seen. Somebody in view is watched all the time, to see that person go.
  isDue() {
    if (document.hidden || !this.video.videoWidth) return false;
    const now = smallOf(this.video);
    const moved = !this.small || difference(now, this.small) >= MOVED;
    if (moved || this.busy || performance.now() - this.lookedAt >= QUIET_MS) {
      this.small = now;
      return true;
    }
    return false;
  }

  pause() {
    if (!this.failures) return PAUSE_MS;
    return Math.max(this.wait * 1000, Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (this.failures - 1)));
  }

  async look() {
    const at = performance.now();
    this.lookedAt = at;
    const picture = await still(this.video, LONGEST_SIDE, 0.85);
    if (!picture || !this.running) return;
    const headers = this.label ? { "X-Visavis-Door": encodeURIComponent(this.label) } : {};
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const answer = await send(this.path, { picture }, { signal, headers });
      this.succeed({ ...answer, code: "" }, at);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.fail(error, at);
    }
  }

  succeed(seen, at) {
    this.failures = 0;
    this.busy = seen.code !== "no_face";
    if (this.running) this.tell({ seen, at });
  }

  fail(error, at) {
    if (error.status === 422 && error.code) {
      this.succeed({ matches: [], code: error.code }, at);
      return;
    }
    const mayPass = error.status === 0 || error.status === 429 || error.status >= 500;
    this.failures += 1;
    this.wait = error.wait;
    if (!this.running) return;
    if (mayPass) this.tell({ trouble: error.status === 429 || error.status === 503 ? "busy" : "offline" });
    else {
      this.stop();
      this.tell({ over: error });
    }
  }
}

const canvas = Object.assign(document.createElement("canvas"), SMALL);
const paper = canvas.getContext("2d", { willReadFrequently: true });

function smallOf(video) {
  paper.drawImage(video, 0, 0, SMALL.width, SMALL.height);
  const { data } = paper.getImageData(0, 0, SMALL.width, SMALL.height);
  return Uint8Array.from({ length: data.length / 4 }, (_, at) => (data[4 * at] + 2 * data[4 * at + 1] + data[4 * at + 2]) / 4);
}

function difference(one, other) {
  return one.reduce((sum, value, at) => sum + Math.abs(value - other[at]), 0) / one.length;
}
