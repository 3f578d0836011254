// Adds to the pages what only a browser can do: a chart as PNG, made from its SVG file, and the way of a signed-in operator from a
// round table to its check list. The pages are complete without it.
const scale = 2;

async function savePNG(link) {
  const image = new Image();
  image.src = link.href;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth * scale;
  canvas.height = image.naturalHeight * scale;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const file = await new Promise((done) => { canvas.toBlob(done, "image/png"); });
  if (!file) throw new Error("the picture is too large"); // toBlob returns null then
  const save = document.createElement("a");
  save.href = URL.createObjectURL(file);
  save.download = new URL(link.href).pathname.split("/").pop().replace(/svg$/, "png");
  save.click();
  setTimeout(() => URL.revokeObjectURL(save.href), 60_000);
}

for (const link of document.querySelectorAll("a.png")) {
  link.hidden = false;
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    const failed = link.parentElement.querySelector(".failed");
    failed.textContent = "";
    try {
      await savePNG(link);
    } catch {
      failed.textContent = failed.dataset.text;
    }
  });
}

// Also when the browser shows the page again after the operator signed out.
addEventListener("pageshow", () => {
  for (const link of document.querySelectorAll("a.operators")) link.hidden = !sessionStorage.getItem("registry-key");
});
