// Cameras of this device: opened, listed, let go. Nothing of what they see is kept.

const IDEAL = { width: { ideal: 1280 }, height: { ideal: 720 } };
const REASONS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};

export class NoCamera extends Error {
  // `reason`: insecure, denied, none, busy or failed.
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

// The stream of the camera of this id, else of the one that looks at the user, or at the environment. Throws NoCamera.
export async function openCamera({ id = "", facing = "user" } = {}) {
  if (!isSecureContext || !navigator.mediaDevices) throw new NoCamera("insecure");
  const which = id ? { deviceId: { exact: id } } : { facingMode: facing };
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { ...IDEAL, ...which }, audio: false });
  } catch (error) {
    throw new NoCamera(REASONS[error.name] ?? "failed");
  }
}

export async function showCamera(video, stream) {
  video.srcObject = stream;
  // A camera that looks at the user is shown as a mirror; what is taken from it is not.
  video.classList.toggle("mirrored", settingsOf(stream).facingMode !== "environment");
  await video.play().catch(() => {});
}

export function closeCamera(video) {
  stop(video.srcObject);
  video.srcObject = null;
}

export function stop(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

export function settingsOf(stream) {
  return stream?.getVideoTracks()[0]?.getSettings() ?? {};
}

// The cameras with their names, which browsers tell only while one is open.
export async function cameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
}

// What the camera sees now as a JPEG, not mirrored, its longer side at most `longest` pixels; null before it sees anything.
export function still(video, longest = 1920, quality = 0.92) {
  const { videoWidth, videoHeight } = video;
  if (!videoWidth) return Promise.resolve(null);
  const scale = Math.min(1, longest / Math.max(videoWidth, videoHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((take) => canvas.toBlob(take, "image/jpeg", quality));
}
