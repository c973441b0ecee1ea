// #reveal holds a secret that is shown once: while it contains a form, only that form's answer closes it.
// [data-secret] is emptied when the page is left: a secret must not come back with it (threats T-R2, T-R7).

const reveal = document.getElementById("reveal");

const isHeld = () => reveal.open && reveal.querySelector("form") !== null;

reveal.addEventListener("dialog:leave", (event) => {
  if (isHeld()) event.preventDefault();
});

// Browsers without closedby: refuse Escape, and open again if it got through (a second one may).
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isHeld()) event.preventDefault();
}, { capture: true });
reveal.addEventListener("cancel", (event) => event.preventDefault());
reveal.addEventListener("close", () => {
  if (reveal.returnValue) reveal.replaceChildren();
  else if (reveal.childElementCount > 0) reveal.showModal();
});

window.addEventListener("beforeunload", (event) => {
  if (isHeld()) event.preventDefault();
});

window.addEventListener("pagehide", () => {
  for (const element of document.querySelectorAll("[data-secret]")) element.textContent = "";
  for (const element of document.querySelectorAll("dialog")) element.replaceChildren();
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
