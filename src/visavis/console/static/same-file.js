// Whether two files have the same content. Hashes would do, but browsers make them on pages over TLS alone.

// The first of `others` with the content of this file, or null.
export async function twinOf(file, others) {
  for (const other of others) {
    if (other.size === file.size && (await equal(file, other))) return other;
  }
  return null;
}

async function equal(one, other) {
  const [left, right] = await Promise.all([one, other].map(async (file) => new Uint8Array(await file.arrayBuffer())));
  return left.every((byte, at) => byte === right[at]);
}
