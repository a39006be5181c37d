// Reads ZIP files in the browser, within bounds: a file of a few kilobytes can claim to hold terabytes.

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const LONGEST_END = 22 + 0xffff;
const MAX_ENTRIES = 5_000;
const MAX_TOTAL = 1_500_000_000;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

export class BadZip extends Error {
  // `reason`: the name of a message: zip_broken, zip_encrypted or zip_too_large.
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

export function isZip(file) {
  return /\.zip$/i.test(file.name) || ["application/zip", "application/x-zip-compressed"].includes(file.type);
}

// The files in it whose path `wanted` takes, each [path, Blob], none over `maxBytes`: of such a one the Blob is null.
// Paths are names only, never looked up anywhere. Rejects with BadZip.
export async function unzip(file, wanted, maxBytes) {
  const entries = (await directoryOf(file)).filter(({ path }) => wanted(path));
  const found = [];
  let total = 0;
  for (const entry of entries) {
    if (entry.flags & ENCRYPTED) throw new BadZip("zip_encrypted");
    const blob = entry.size > maxBytes ? null : await contentOf(file, entry, maxBytes);
    total += blob?.size ?? 0;
    if (total > MAX_TOTAL) throw new BadZip("zip_too_large");
    found.push([entry.path, blob]);
  }
  return found;
}

async function directoryOf(file) {
  const start = Math.max(0, file.size - LONGEST_END);
  const tail = await viewOf(file, start, file.size);
  let at = tail.byteLength - 22;
  while (at >= 0 && tail.getUint32(at, true) !== END) at -= 1;
  if (at < 0) throw new BadZip("zip_broken");
  const count = tail.getUint16(at + 10, true);
  const size = tail.getUint32(at + 12, true);
  const offset = tail.getUint32(at + 16, true);
  // Numbers of all ones mean ZIP64: more than 4 GB, or more files than are taken here.
  if (count > MAX_ENTRIES || offset === 0xffffffff) throw new BadZip("zip_too_large");
  if (offset + size > file.size) throw new BadZip("zip_broken");
  return entriesOf(await viewOf(file, offset, offset + size), count);
}

function entriesOf(view, count) {
  const entries = [];
  try {
    for (let at = 0; entries.length < count; ) {
      if (view.getUint32(at, true) !== ENTRY) throw new BadZip("zip_broken");
      const [nameLength, more, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
      entries.push({
        path: textOf(new Uint8Array(view.buffer, at + 46, nameLength)),
        flags: view.getUint16(at + 8, true),
        method: view.getUint16(at + 10, true),
        packed: view.getUint32(at + 20, true),
        size: view.getUint32(at + 24, true),
        offset: view.getUint32(at + 42, true),
      });
      at += 46 + nameLength + more + comment;
    }
  } catch (error) {
    throw error instanceof RangeError ? new BadZip("zip_broken") : error;
  }
  return entries;
}

async function contentOf(file, { offset, packed, method }, maxBytes) {
  const head = await viewOf(file, offset, offset + 30);
  if (head.byteLength < 30 || head.getUint32(0, true) !== LOCAL) throw new BadZip("zip_broken");
  const start = offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const content = file.slice(start, start + packed);
  if (content.size < packed || ![STORED, DEFLATED].includes(method)) throw new BadZip("zip_broken");
  if (method === STORED) return content.size > maxBytes ? null : content;
  const reader = content.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const pieces = [];
  let length = 0;
  try {
    for (let step; !(step = await reader.read()).done; pieces.push(step.value)) {
      length += step.value.length;
      // What it says of its size was not true.
      if (length > maxBytes) {
        await reader.cancel();
        return null;
      }
    }
  } catch {
    throw new BadZip("zip_broken");
  }
  return new Blob(pieces);
}

async function viewOf(file, from, to) {
  return new DataView(await file.slice(from, to).arrayBuffer());
}

// UTF-8, or CP949 as Windows writes names in Korea.
export function textOf(bytes) {
  for (const encoding of ["utf-8", "euc-kr"]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      // the next one
    }
  }
  return new TextDecoder("windows-1252").decode(bytes);
}
