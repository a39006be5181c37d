// An area that takes pictures: chosen, dropped on it, or pasted anywhere on the page.
//
// <label class="drop" data-drop><input type="file" accept="image/png,image/jpeg" multiple> ... </label>

// Calls `take` with an array of files, one at most where the input does not take several.
export function takePictures(area, take) {
  const input = area.querySelector("input[type=file]");
  const give = (files) => {
    const chosen = [...files].slice(0, input.multiple ? undefined : 1);
    if (chosen.length) take(chosen);
  };

  input.addEventListener("change", () => {
    give(input.files);
    input.value = "";
  });
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    area.classList.add("over");
  });
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("over");
    give(event.dataTransfer.files);
  });
  return give;
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
