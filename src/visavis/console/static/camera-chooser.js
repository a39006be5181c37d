// A list of this device's cameras, shown where there are several.
import { element } from "./dom.js";
import { cameras, settingsOf } from "./camera-stream.js";
import { fill } from "./messages.js";

export class CameraChooser {
  // `place` holds the select, and is hidden with it. `choose` is called with {id} of another camera.
  constructor(place, words, choose) {
    this.place = place;
    this.words = words;
    this.select = place.querySelector("select");
    this.select.addEventListener("change", () => choose({ id: this.select.value }));
  }

  async show(stream) {
    const devices = await cameras();
    const { deviceId } = settingsOf(stream);
    this.select.replaceChildren(
      ...devices.map((device, index) =>
        element("option", { value: device.deviceId, selected: device.deviceId === deviceId }, device.label || fill(this.words.nth, { number: index + 1 })),
      ),
    );
    this.place.hidden = devices.length < 2;
  }
}
