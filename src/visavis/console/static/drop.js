// An area that takes pictures: chosen, dropped on it, or pasted anywhere on the page.
//
// <label class="drop" data-drop><input type="file" accept="image/png,image/jpeg" multiple> ... </label>
//
// A file of a dropped folder says where it lay there: `path`, and `folder`, the folder that holds it, if that holds no others.

// Calls `take` with an array of files, one at most where the input does not take several.
export function takePictures(area, take) {
  const input = area.querySelector("input[type=file]");
  const give = (files) => {
    const some = [...files].slice(0, input.multiple ? undefined : 1);
    if (some.length) take(some);
  };

  const chosen = () => {
    give(input.files);
    input.value = "";
  };

  input.addEventListener("change", chosen);
  // Those that were chosen while this script was on its way.
  if (input.files.length) queueMicrotask(chosen);
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    area.classList.add("over");
  });
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", async (event) => {
    event.preventDefault();
    area.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (input.multiple && entries.some((entry) => entry.isDirectory)) give((await Promise.all(entries.map(filesOf))).flat());
    else give(event.dataTransfer.files);
  });
  return give;
}

// The files of a dropped folder, each with the name of the folder that it lies in; hidden files are left out.
async function filesOf(entry, folder = "") {
  if (entry.name.startsWith(".")) return [];
  if (entry.isFile) {
    const file = await new Promise((take, fail) => entry.file(take, fail));
    return [Object.assign(file, { folder, path: entry.fullPath })];
  }
  const inside = [];
  const reader = entry.createReader();
  for (let some; (some = await new Promise((take, fail) => reader.readEntries(take, fail))).length; ) inside.push(...some);
  const holdsFolders = inside.some((each) => each.isDirectory);
  return (await Promise.all(inside.map((each) => filesOf(each, holdsFolders ? "" : entry.name)))).flat();
}

// Pasted pictures go to `give`, unless they are pasted into a field that takes text.
export function takePasted(give) {
  document.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length) {
      event.preventDefault();
      give(files);
    }
  });
}

// A picture dropped beside the area would take the page's place.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
